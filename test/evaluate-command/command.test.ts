import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { programOf } from '../../bench/processes.js'
import { createProgressBar } from '../../scripts/evaluate/progress.js'
import { modelsOfFolder, readTemplates } from '../../scripts/templates-folder.js'
import { writeNpy } from '../../src/science/template/npy.js'
import { syntheticPairs } from '../support/synthetic-pairs.js'

describe('npm run evaluate', () => {
  let folder = ''
  const run = async (...given: string[]) =>
    await promisify(execFile)(
      process.execPath,
      [...programOf('scripts/evaluate'), ...given]
    )

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crosswalk-evaluate-'))
    const { samples, identities, source, target } = syntheticPairs({
      identities: 30,
      imagesEach: 3,
      dSource: 8,
      dTarget: 6,
      spread: 0.2
    })
    await writeFile(
      join(folder, 'samples.csv'),
      ['sample,identity', ...samples.map((sample, i) => `${sample},${identities[i]}`)].join('\n') + '\n'
    )
    await writeFile(join(folder, 'old.npy'), writeNpy(source))
    await writeFile(join(folder, 'new.npy'), writeNpy(target))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  test('prints the tables, writes page and figures, and tells how far it has come', async () => {
    const [page, json] = [join(folder, 'page.html'), join(folder, 'figures.json')]
    const { stdout, stderr } = await run(
      '--data',
      folder,
      '--fmr',
      '0.01',
      '--out',
      page,
      '--json',
      json,
      '--threads',
      '1'
    )
    assert.match(stdout, /TMR at FMR 0.01, different images, after alignment/)
    assert.match(stdout, /\| new to old|\| probe \\ reference \| new \| old \|/)
    assert.match(stderr, /testing: .*analysing: 100 %/s)
    assert.match(stdout, /Do these models encode identity alike/)
    const evaluation = JSON.parse(await readFile(json, 'utf8'))
    assert.deepEqual(evaluation.models, [{ model: 'new', dimension: 6 }, { model: 'old', dimension: 8 }])
    assert.equal(evaluation.within.matrix.pairs.length, 2)
    assert.match(await readFile(page, 'utf8'), /^<!DOCTYPE html>.*before alignment/s)
  })

  test('says what is wrong with an option, a model and a folder', async () => {
    for (
      const [given, message] of [
        [[], /--data: expected a folder/],
        [['--data', join(folder, 'nowhere')], /expected a readable folder with samples.csv/],
        [
          ['--data', folder, '--analyses', 'families,all'],
          /--analyses: expected all, none or some of similarity, .*received all/
        ],
        [
          ['--data', folder, '--models', 'new,other'],
          /--models: expected models that every folder has \(new, old\), received other/
        ],
        [['--data', folder, '--method', 'magic'], /--method: expected one of procrustes/],
        [['--data', folder, '--fmr', '2'], /--fmr: expected a number from 0.000001 to 0.1, received 2/]
      ] as const
    ) {
      await assert.rejects(run(...given), (error: { code?: number, stderr?: string }) => {
        assert.equal(error.code, 1)
        assert.match(error.stderr ?? '', message)
        assert.doesNotMatch(error.stderr ?? '', /\.ts:/)
        return true
      })
    }
  })

  test('a folder is read with its models and labels; files that do not fit are named', async () => {
    assert.deepEqual(await modelsOfFolder(folder), ['new', 'old'])
    const { samples, identities, templates } = await readTemplates(folder, ['old', 'new'])
    assert.equal(samples.length, 90)
    assert.equal(new Set(identities).size, 30)
    assert.deepEqual(templates.map(({ rows, cols }) => [rows, cols]), [[90, 8], [90, 6]])
    await assert.rejects(readTemplates(folder, ['other']), /other\.npy: expected a readable file/)
    await writeFile(join(folder, 'short.npy'), writeNpy({ rows: 1, cols: 2, data: Float32Array.of(1, 2) }))
    await assert.rejects(
      readTemplates(folder, ['short']),
      /short\.npy: expected 90 rows, one per line of samples.csv, received 1/
    )
    await rm(join(folder, 'short.npy'))
  })
})

describe('progress', () => {
  const collect = (isTTY: boolean) => {
    const written: string[] = []
    // What node:readline writes goes through the same function.
    return {
      written,
      stream: {
        isTTY,
        write: (text: string) => {
          written.push(text)
          return true
        }
      }
    }
  }

  test('a line for every tenth where there is no terminal', () => {
    const { written, stream } = collect(false)
    const bar = createProgressBar(stream, () => 0)
    for (let k = 0; k <= 100; k++) bar.update('testing', k / 100)
    bar.finish()
    assert.equal(written.length, 11)
    assert.equal(written[5], 'testing: 50 %, 0 s\n')
  })

  test('a bar on a terminal, which is cleared at the end', () => {
    const { written, stream } = collect(true)
    const bar = createProgressBar(stream, () => 0)
    bar.update('testing', 0.5)
    assert.ok(written.includes(`${'█'.repeat(15)}${'░'.repeat(15)}  50 % testing, 0 s`))
    bar.finish()
    assert.equal(written.at(-1), '\x1b[2K')
  })
})
