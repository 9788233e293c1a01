/**
 * Compiles the repository and runs its tests, all or those that are named, three files at a time.
 *
 *   npm test -- [FILE]... [--coverage[=FOLDER,...]] [OPTION OF NODE]...
 *   npm test -- test/features/maps/routes.test.ts --test-name-pattern=activation
 *
 * Compiled once, a test file and every process and thread that it starts begin about a second sooner than under tsx.
 * One Postgres server serves them all, that of TEST_DATABASE_URL or one from npm's binaries; each suite has a database
 * of its own, which begins as a copy of one that is prepared while the compiler runs.
 *
 * With `--coverage` it says afterwards how much of src the tests went through; with folders of src, how much of these
 * the tests of the same names went through, and fails when that is less than `leastCovered`.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { projectRoot } from '../src/config.js'
import { availablePostgresServer } from '../test/support/postgres-server.js'
import { prepareDatabases } from '../test/support/prepared-databases.js'

/** Must be that of tsconfig.test.json. */
const compiled = join(projectRoot, '.compiled')
/** Percent of the lines. */
const leastCovered = 85

type Environment = Readonly<Record<string, string>>

async function run (command: string, parameters: readonly string[], env: Environment = {}): Promise<number> {
  const child = spawn(command, parameters, { cwd: projectRoot, stdio: 'inherit', env: { ...process.env, ...env } })
  const forward = (signal: NodeJS.Signals) => {
    child.kill(signal)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, forward)
  const [code] = await once(child, 'close') as [number | null]
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, forward)
  return code ?? 1
}

/** @param address of the module of a tool, as `import.meta.resolve` gives it */
const tool = (address: string, ...parameters: string[]): Promise<number> =>
  run(process.execPath, [fileURLToPath(address), ...parameters])

/** The compiled module of a test's source. */
function moduleOf (file: string): string {
  const path = relative(projectRoot, resolve(file))
  if (!/^test\/.*\.test\.tsx?$/.test(path)) throw new Error(`expected a file test/**/*.test.ts, received ${file}`)
  return join(compiled, path.replace(/\.tsx?$/, '.js'))
}

async function test (modules: readonly string[], options: readonly string[], env: Environment): Promise<number> {
  if (modules.length === 0) return 0
  return await run(process.execPath, [
    '--enable-source-maps',
    // Optimising the WebAssembly of the embedded database takes longer than nearly every test runs it: with the fast
    // compiler alone a service is ready after a quarter less processor time.
    '--liftoff-only',
    // Of the clock that tests set, which is experimental in Node 20.
    '--disable-warning=ExperimentalWarning',
    '--test',
    '--test-concurrency=3',
    // Of a test that hangs, in milliseconds: no test asserts a time.
    '--test-timeout=600000',
    ...options,
    ...modules
  ], env)
}

/** Runs tests, those of some folders first, and says how much of the folders they went through. */
async function testWithCoverage (
  modules: readonly string[],
  options: readonly string[],
  env: Environment,
  folders: readonly string[]
): Promise<number> {
  const isOf = (module: string) =>
    folders.length === 0 || folders.some(folder => module.startsWith(join(compiled, 'test', folder) + '/'))
  const data = await mkdtemp(join(tmpdir(), 'crosswalk-coverage-'))
  try {
    const codes = [
      await test(modules.filter(isOf), options, { ...env, NODE_V8_COVERAGE: data }),
      await test(modules.filter(module => !isOf(module)), options, env)
    ]
    const floor = folders.length === 0 ? [] : ['--check-coverage', '--lines', String(leastCovered)]
    codes.push(
      await tool(
        import.meta.resolve('c8/bin/c8.js'),
        'report',
        '--temp-directory',
        data,
        ...(folders.length === 0 ? [''] : folders).flatMap(folder => ['--include', join('src', folder, '**')]),
        '--exclude-after-remap',
        '--reporter=text-summary',
        '--reporter=html',
        ...floor
      )
    )
    return codes.find(code => code !== 0) ?? 0
  } finally {
    await rm(data, { recursive: true, force: true })
  }
}

const given = process.argv.slice(2)
const coverage = given.find(argument => /^--coverage(=|$)/.test(argument))
const folders = coverage?.split('=')[1]?.split(',') ?? []
for (const folder of folders) {
  if (!existsSync(join(projectRoot, 'src', folder))) throw new Error(`expected a folder of src, received ${folder}`)
}
const options = given.filter(argument => argument.startsWith('-') && argument !== coverage)
const files = given.filter(argument => !argument.startsWith('-'))
const sources = files.length > 0
  ? files
  : readdirSync(join(projectRoot, 'test'), { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.test.ts'))
    .map(path => join(projectRoot, 'test', path))
const modules = sources.map(moduleOf)

const compiling = tool(import.meta.resolve('typescript/bin/tsc'), '-p', 'tsconfig.test.json')
const server = await availablePostgresServer()
try {
  const prepared = await prepareDatabases(server.url)
  try {
    const env = { TEST_DATABASE_URL: server.url, ...prepared.env }
    process.exitCode = await compiling || (
      coverage === undefined
        ? await test(modules, options, env)
        : await testWithCoverage(modules, options, env, folders)
    )
  } finally {
    await prepared.remove()
  }
} finally {
  await server.stop()
}
