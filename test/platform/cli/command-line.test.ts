import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { nearest, readArguments, table, UsageError } from '../../../src/platform/cli/command-line.js'
import { completionScript } from '../../../src/platform/cli/completion.js'

test('a mistyped command is known by its nearest word, and another word by none', () => {
  const known = ['activate', 'export', 'import', 'maps', 'fit', 'verify-bundle']
  for (
    const [typed, meant] of [
      ['activte', 'activate'],
      ['avtivate', 'activate'],
      ['exprot', 'export'],
      ['map', 'maps'],
      ['verify-bundel', 'verify-bundle'],
      ['delete', undefined],
      ['', undefined]
    ] as const
  ) assert.equal(nearest(typed, known), meant, typed)
})

test('wrong arguments say what was expected and how the command is used', () => {
  const read = (args: string[]) =>
    readArguments({ command: 'thing', usage: 'usage of it', args, options: {}, positionals: ['a FILE'] })
  assert.deepEqual(read(['x']).positionals, ['x'])
  for (const args of [[], ['x', 'y'], ['x', '--unknown']]) {
    assert.throws(
      () => read(args),
      (error: Error) => error instanceof UsageError && /^thing: .*usage of it$/s.test(error.message)
    )
  }
})

test('a table is as wide as its cells', () => {
  assert.equal(table([['A', 'LONGER'], ['value', 'b']]), 'A      LONGER\nvalue  b')
})

test('bash completes the commands', async () => {
  const script = completionScript('bash', [{ word: 'maps', does: 'list' }, { word: 'migrate', does: 'translate' }])
  const { stdout } = await promisify(execFile)('bash', [
    '-c',
    `${script}\nCOMP_WORDS=(crosswalk m) COMP_CWORD=1; _crosswalk; echo "\${COMPREPLY[@]}"`
  ])
  assert.equal(stdout, 'maps migrate\n')
  assert.throws(() => completionScript('tcsh', []), /expected bash, zsh or fish, received tcsh/)
})
