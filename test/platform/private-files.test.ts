import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmod, chown, lstat, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { test, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { programOf } from '../../bench/processes.js'
import { projectRoot } from '../../src/config.js'
import { StartupError } from '../../src/errors.js'
import { makePrivate, makePrivateFolder } from '../../src/platform/private-files.js'

const skip = process.platform === 'win32' ? 'modes are of POSIX' : false

async function scratch (t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'crosswalk-private-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** What others may do anything with, below a folder, by its path and mode. */
async function openToOthers (folder: string): Promise<string[]> {
  const found: string[] = []
  const visit = async (path: string) => {
    const stats = await lstat(path)
    if ((stats.mode & 0o077) !== 0 && !stats.isSymbolicLink()) {
      found.push(`${relative(folder, path)} ${(stats.mode & 0o777).toString(8)}`)
    }
    if (stats.isDirectory()) { for (const name of await readdir(path)) await visit(join(path, name)) }
  }
  await visit(folder)
  return found
}

/** Runs a program of the service as somebody does who keeps nothing from anybody. */
async function run (env: Record<string, string>, program: string, ...args: string[]): Promise<void> {
  await promisify(execFile)('/bin/sh', [
    '-c',
    'umask 000; exec "$@"',
    'sh',
    process.execPath,
    ...programOf(program),
    ...args
  ], { cwd: projectRoot, env: { ...process.env, DATABASE_URL: '', ...env } })
}

test('nobody else can read the data directory or files of commands, whatever the umask and earlier modes', {
  skip
}, async t => {
  const folder = await scratch(t)
  const data = join(folder, 'data')
  await mkdir(data)
  await chmod(data, 0o755)
  await run({ DATA_DIR: data }, 'src/migrate')
  assert.ok((await readdir(join(data, 'postgres'))).includes('PG_VERSION'))
  assert.deepEqual(await openToOthers(data), [])

  // As an earlier version left it.
  await chmod(data, 0o755)
  await chmod(join(data, 'postgres', 'PG_VERSION'), 0o666)
  await chmod(join(data, 'postgres', 'base'), 0o777)
  const keys = join(folder, 'keys')
  await writeFile(keys, '# of this test\n', { mode: 0o666 })
  await chmod(keys, 0o644)
  await run({ DATA_DIR: data }, 'src/cli', 'audit', 'export', '--out', join(folder, 'audit.ndjson'))
  await run({}, 'src/cli', 'encryption', 'create-key', '--out', keys)
  await run({}, 'src/cli', 'bundle-key', 'create', join(folder, 'authority.pem'))
  assert.deepEqual((await readdir(folder)).sort(), ['audit.ndjson', 'authority.pem', 'data', 'keys'])
  assert.deepEqual(await openToOthers(folder), [])
})

test('a folder of another user, or open to everybody, is refused and left unchanged', { skip }, async t => {
  const folder = await scratch(t)
  const shared = join(folder, 'shared')
  await mkdir(shared)
  await chmod(shared, 0o1777)
  const isRefused = (error: Error) =>
    error instanceof StartupError &&
    /The folder .* expected mode 700 .* found mode/.test(error.message)
  await assert.rejects(makePrivateFolder(shared, 'The folder'), isRefused)
  assert.equal((await lstat(shared)).mode & 0o7777, 0o1777)
  await makePrivateFolder(join(shared, 'of', 'ours'), 'The folder')
  assert.deepEqual(await openToOthers(join(shared, 'of')), [])
  if (process.getuid!() !== 0) return
  const others = join(folder, 'others')
  await mkdir(others)
  await chmod(others, 0o755)
  await chown(others, 65534, 65534)
  await assert.rejects(makePrivateFolder(others, 'The folder'), isRefused)
})

test('the target of a link is left alone', { skip }, async t => {
  const folder = await scratch(t)
  await mkdir(join(folder, 'ours'))
  await writeFile(join(folder, 'elsewhere'), '')
  await chmod(join(folder, 'elsewhere'), 0o644)
  await symlink(join(folder, 'elsewhere'), join(folder, 'ours', 'link'))
  await makePrivate(join(folder, 'ours'))
  await makePrivate(join(folder, 'nothing'))
  assert.equal((await lstat(join(folder, 'elsewhere'))).mode & 0o777, 0o644)
  assert.deepEqual(await openToOthers(join(folder, 'ours')), [])
})
