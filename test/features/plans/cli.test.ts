import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { programOf } from '../../../bench/processes.js'
import { projectRoot } from '../../../src/config.js'
import { selectRows } from '../../../src/science/linear-algebra/matrix.js'
import { writeNpy } from '../../../src/science/template/npy.js'
import { gaussianTemplates, syntheticPairs } from '../../support/synthetic-pairs.js'

describe('crosswalk plan', () => {
  let folder: string
  const file = (name: string) => join(folder, name)
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crosswalk-plan-'))
    const { source, target, samples, identities } = syntheticPairs({
      identities: 60,
      imagesEach: 5,
      dSource: 12,
      dTarget: 24,
      spread: 0.35
    })
    // What both see, and what only the noise of the other model is.
    const noise = gaussianTemplates(target.rows, target.cols, 9)
    const noisy = { ...target, data: target.data.map((value, k) => value + 3 * noise.data[k]!) }
    await writeFile(file('small.npy'), writeNpy(source))
    await writeFile(file('large.npy'), writeNpy(target))
    await writeFile(file('noisy.npy'), writeNpy(noisy))
    const shuffled = selectRows(target, samples.map((_, row) => row * 7 % target.rows))
    await writeFile(file('shuffled.npy'), writeNpy(shuffled))
    await writeFile(
      file('samples.csv'),
      `sample,identity\n${samples.map((sample, row) => `${sample},${identities[row]}\n`).join('')}`
    )
  })
  after(async () => {
    await rm(folder, { recursive: true })
  })

  const plan = async (args: string[]): Promise<{ code: number, stdout: string, stderr: string }> =>
    await new Promise(resolve => {
      execFile(
        process.execPath,
        [...programOf('src/cli'), 'plan', ...args],
        { cwd: projectRoot },
        (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
      )
    })
  const of = (old: string, now: string) => [
    ...['--models', `${old},${now}`, '--pairs', file(`${old}.npy`), file(`${now}.npy`)],
    ...['--samples', file('samples.csv'), '--quiet']
  ]
  const policy = ['--policy', 'max-tmr-loss=0.02@fmr=1e-2']

  test('moves to a model that finds more, and writes why in three forms', async () => {
    const { code, stdout, stderr } = await plan([...of('noisy', 'large'), ...policy, '--out', folder])
    assert.equal(code, 0, stderr + stdout)
    assert.match(stdout, /^migrate from noisy to large by /)
    const written = JSON.parse(await readFile(file('plan.json'), 'utf8'))
    assert.equal(written.decision.migrate, true)
    const chosen = written.options.find((one: { option: string }) => one.option === written.decision.option)
    const today = written.options.find((one: { option: string }) => one.option === 'nothing')
    assert.ok(chosen.tmr > today.tmr && chosen.loss.upper <= 0.02)
    assert.deepEqual(written.options.map((one: { option: string }) => one.option), [
      'nothing',
      'across',
      'probes',
      'gallery',
      'fusion',
      're-enrol'
    ])
    assert.match(await readFile(file('plan.html'), 'utf8'), /^<!DOCTYPE html>.*<h1>migrate from noisy to large by /s)
    assert.match(
      await readFile(file('plan.junit.xml'), 'utf8'),
      /<testsuite name="crosswalk plan" tests="7" failures="0"/
    )
    const again = await plan([...of('noisy', 'large'), ...policy, '--json'])
    assert.deepEqual(JSON.parse(again.stdout), written)
  })

  test('says not to move to a model that finds less, with a code of its own', async () => {
    const { code, stdout } = await plan([...of('large', 'noisy'), ...policy, '--out', folder, '--force'])
    assert.equal(code, 3, stdout)
    assert.match(stdout, /^don't migrate from large to noisy\n {2}\S/)
    assert.match(
      await readFile(file('plan.junit.xml'), 'utf8'),
      /failures="1".*<failure message="don't migrate from large to noisy">/s
    )
  })

  test('opens re-enrolment only to those who have photographs', async () => {
    const without = JSON.parse((await plan([...of('noisy', 'large'), ...policy, '--json'])).stdout)
    assert.equal(without.options.at(-1).open, false)
    const all = JSON.parse((await plan([...of('noisy', 'large'), ...policy, '--json', '--re-enrol', '100'])).stdout)
    const last = all.options.at(-1)
    assert.deepEqual([last.option, last.open], ['re-enrol', true])
    assert.ok(last.tmr >= all.options.find((one: { option: string }) => one.option === 'gallery').tmr)
  })

  test('refuses what it cannot plan with', async () => {
    const cases: [number, string[], RegExp][] = [
      [2, of('small', 'large'), /--policy: expected max-tmr-loss=X@fmr=Y/],
      [2, [...of('small', 'large'), '--policy', 'max-tmr-loss=2@fmr=1e-3'], /--policy: expected/],
      [2, [...of('small', 'large'), ...policy, '--re-enroll', '3'], /did you mean --re-enrol\?/],
      [2, ['--models', 'a,b', ...policy], /expected OLD\.npy and NEW\.npy/],
      [1, [...of('small', 'large'), '--policy', 'max-tmr-loss=0.02@fmr=1e-6'], /fmr: expected 3000000 comparisons/],
      [1, [...of('small', 'none'), ...policy], /none\.npy: expected a readable file/],
      [1, [...of('small', 'shuffled'), ...policy], /"shuffled" with itself finds 0\.\d+ .*are its rows in the order/],
      [1, [...of('small', 'large'), ...policy, '--out', file('nowhere')], /--out: expected a folder, ENOENT/],
      [2, ['--models', 'a,a', ...of('small', 'large').slice(2), ...policy], /expected --models OLD,NEW, two models/]
    ]
    for (const [expected, args, message] of cases) {
      const { code, stderr } = await plan(args)
      assert.match(stderr, message)
      assert.equal(code, expected, stderr)
    }
  })
})
