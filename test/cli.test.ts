import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { projectRoot } from '../src/config.js'
import { exitCodes } from '../src/platform/cli/exit-codes.js'
import { startCommand } from './support/migration-command.js'

/** Nobody listens there. */
const away = ['--service', 'http://127.0.0.1:1']
const id = '00000000-0000-4000-8000-0000000000a0'

/** Commands that are used wrongly, the first as no command understands them, and what they end with. */
const wrong: Readonly<Record<string, readonly (readonly [readonly string[], number])[]>> = {
  serve: [[['now'], 2]],
  fit: [
    [['--models', 'a'], 2],
    [['--models', 'a,b', '--photographs', 'none', '--pairs', 'a.npy', 'b.npy'], 2],
    [['--models', 'a,b', '--pairs', 'none.npy', 'none.npy', ...away], 1]
  ],
  evaluate: [
    [[], 2],
    [['--templates', 'none', '--photographs', 'none'], 2],
    [['--corpus', id, '--offline'], 2],
    [['--templates', 'none', '--models', 'a,a'], 2],
    [['--templates', 'none', ...away], 1],
    [['--corpus', id, ...away], 1]
  ],
  plan: [
    [['--models', 'a,b'], 2],
    [
      [
        ...['--models', 'a,b', '--pairs', 'none.npy', 'none.npy', '--samples', 'none.csv'],
        ...['--policy', 'max-tmr-loss=0@fmr=1e-3']
      ],
      1
    ]
  ],
  migrate: [
    [['--from', 'r512'], 2],
    [['--from', 'r512', '--to', 'dlib128', '--in', 'a.npy', '--out', 'b.csv'], 2],
    [['--from', 'r512', '--to', 'dlib128', '--in', 'none.npy', '--out', 'none.out.npy'], 1]
  ],
  connect: [
    [['mysql://somewhere', '--preset', 'immich'], 2],
    [['postgres://127.0.0.1:1/none', '--preset', 'immich'], 1]
  ],
  gallery: [[['burn'], 2], [['list', '--service', 'nowhere'], 2], [['list', ...away], 1]],
  model: [[['add'], 2], [['add', 'none.onnx', '--no-test'], 1]],
  models: [[['one'], 2], [[...away], 1]],
  maps: [[['one'], 2], [[...away], 1]],
  activate: [[[], 2], [[id, ...away], 1]],
  retire: [[[], 2], [[id, ...away], 1]],
  export: [[[id, '--as', 'onxx'], 2], [[id, ...away], 1]],
  import: [[[], 2], [['none.crosswalk', ...away], 1]],
  map: [[['burn'], 2], [['add', 'none', '--trusted', 'none.pem'], 1]],
  'verify-bundle': [[['none.crosswalk'], 2], [['none.crosswalk', '--trusted', 'none.pem'], 1]],
  'bundle-key': [[['burn', 'none.pem'], 2], [['show', 'none.pem'], 1]],
  keys: [[['burn'], 2], [['create', '--name', 'x'], 2]],
  encryption: [[['burn'], 2], [['apply'], 1]],
  database: [[['burn'], 2], [['distribute'], 1]],
  audit: [[['burn'], 2], [['verify', '--anchor', 'x'], 2]],
  completion: [[['tcsh'], 2]]
}

describe('exit codes', () => {
  let listed: string[]
  before(async () => {
    const { code, stdout } = await startCommand(['--help']).ended
    assert.equal(code, 0)
    listed = [...stdout.matchAll(/^ {2}([a-z-]+) {2,}/gm)].map(([, name]) => name!)
  })

  test('of every command are tried', () => {
    assert.deepEqual([...listed].sort(), Object.keys(wrong).sort())
  })

  for (const [command, cases] of Object.entries(wrong)) {
    test(`of ${command}`, async () => {
      for (const [args, expected] of [[['--no-such-option'], 2] as const, ...cases]) {
        const { code, stdout, stderr } = await startCommand([command, ...args], {
          DATABASE_URL: '',
          ENCRYPTION_KEYS_FILE: '',
          CONNECT_URL: ''
        }).ended
        assert.deepEqual([code, stdout], [expected, ''], `${command} ${args.join(' ')}\n${stderr}`)
        assert.match(stderr, /^crosswalk: \S/m, 'a reason')
      }
    })
  }

  test('are those of the table in docs/command-line.md', async () => {
    const page = await readFile(join(projectRoot, 'docs', 'command-line.md'), 'utf8')
    const table = [...page.matchAll(/^\| ([\d, ]+) \|/gm)].flatMap(([, codes]) => codes!.split(', ').map(Number))
    assert.deepEqual(table, Object.values(exitCodes))
  })

  test('no command, and one that is not known, are wrong arguments', async () => {
    for (const args of [[], ['burn']]) assert.equal((await startCommand(args).ended).code, 2)
  })
})
