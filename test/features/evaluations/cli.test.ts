import assert from 'node:assert/strict'
import { copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { projectRoot } from '../../../src/config.js'
import { startCommand } from '../../support/migration-command.js'

const samples = join(projectRoot, 'samples', 'evaluation')

describe('crosswalk evaluate', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crosswalk-evaluate-'))
  })
  after(() => rm(folder, { recursive: true }))
  const evaluate = async (...args: string[]) => await startCommand(['evaluate', '--offline', ...args]).ended

  test('prints the matrix, and writes figures and page', async () => {
    const order = ['--templates', samples, '--fmr', '0.01', '--analyses', 'none', '--out', folder]
    const { code, stdout, stderr } = await evaluate(...order)
    assert.equal(code, 0, stderr)
    const evaluation = JSON.parse(await readFile(join(folder, 'evaluation.json'), 'utf8'))
    const { models, fmr, within } = evaluation.result
    assert.deepEqual([models.length >= 2, fmr], [true, 0.01])
    for (const { model, figures } of within.matrix.alone) {
      assert.match(stdout, new RegExp(`^${model} .*${figures.tmr.toFixed(3)}`, 'm'))
    }
    assert.match(await readFile(join(folder, 'evaluation.html'), 'utf8'), /^<!DOCTYPE html>/)
    const again = await evaluate(...order)
    assert.deepEqual([again.code, /evaluation\.json: replace it with --force/.test(again.stderr)], [1, true])
  })

  test('says what a folder lacks', async () => {
    const lone = join(folder, 'lone')
    await mkdir(lone)
    await copyFile(join(samples, 'old.npy'), join(lone, 'old.npy'))
    const one = await evaluate('--templates', lone)
    assert.deepEqual([one.code, /at least two models, found 1/.test(one.stderr)], [1, true], one.stderr)
    const other = await evaluate('--templates', samples, '--models', 'old,none')
    assert.deepEqual([other.code, /expected none\.npy, found/.test(other.stderr)], [1, true], other.stderr)
  })
})
