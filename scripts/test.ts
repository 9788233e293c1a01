/**
 * Compiles the repository and runs its tests, all or those that are named, in three processes at a time.
 *
 *   npm test -- [FILE]... [--coverage[=FOLDER,...]] [OPTION OF NODE]...
 *   npm test -- test/features/maps/routes.test.ts --test-name-pattern=activation
 *
 * Compiled once, a test file and every process and thread that it starts begin about a second sooner than under tsx.
 * Neighbouring files share a process, see `processesOf`.
 * One Postgres server serves them all, that of TEST_DATABASE_URL or one from npm's binaries; each suite has a database
 * of its own, which begins as a copy of one that is prepared while the compiler runs.
 *
 * With `--coverage` it says afterwards how much of src the tests went through; with folders of src, how much of these
 * the tests of the same names went through, and fails when that is less than `leastCovered`. What `uncounted` tests go
 * through is not in either.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { projectRoot } from '../src/config.js'
import { availablePostgresServer } from '../test/support/postgres-server.js'
import { prepareDatabases } from '../test/support/prepared-databases.js'

/** Must be that of tsconfig.test.json. */
const compiled = join(projectRoot, '.compiled')
/** Where the modules are that begin a process, one that imports its test files. */
const beginnings = join(compiled, 'processes')
/**
 * Test files that share a process. Loading the service and compiling what every test calls takes as much processor time
 * as half of the files' own tests.
 */
const filesEach = 8
/** Percent of the lines. */
const leastCovered = 85
/**
 * Tests of much arithmetic, whose lines are not counted. While V8 counts they take several times as long, and
 * without them the others still go through 96 % of src/science.
 */
const uncounted = [
  'science/alignment/comparison-space',
  'science/alignment/low-rank-ridge',
  'science/alignment/pair-by-identity',
  'science/cards/reference-table',
  'science/fitting/cross-fitting',
  'science/fitting/fit-map'
].map(name => join(compiled, 'test', `${name}.test.js`))

/**
 * Joins the 683 modules of typebox into a few for what is compiled: every process and thread loads them, in 0.02 s of
 * processor time instead of 0.3 s.
 */
async function joinTypebox (): Promise<void> {
  const folder = dirname(dirname(fileURLToPath(import.meta.resolve('typebox'))))
  const joined = join(compiled, 'node_modules', 'typebox')
  const manifest = await readFile(join(folder, 'package.json'), 'utf8')
  const { exports } = JSON.parse(manifest) as { exports: Record<string, { import: string }> }
  await rm(joined, { recursive: true, force: true })
  await build({
    entryPoints: Object.values(exports).map(entry => join(folder, entry.import)),
    outbase: folder,
    outdir: joined,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node'
  })
  await writeFile(join(joined, 'package.json'), manifest)
}

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

/**
 * Which test files each process runs, those that take longest first, so that the last processes end together. Files
 * of the wings share a process with their neighbours, which import the same. Those beside the wings start programs of
 * their own, and those of much arithmetic import little: they gain nothing by that.
 */
function processesOf (modules: readonly string[]): string[][] {
  const wings = ['platform', 'features', 'engines', 'science']
  const wingOf = (module: string) => wings.indexOf(relative(join(compiled, 'test'), module).split('/')[0]!)
  const alone = (module: string) => wingOf(module) < 0 || uncounted.includes(module)
  return [
    ...modules.filter(alone).map(module => [module]),
    ...wings.flatMap((_, wing) => {
      const sorted = modules.filter(module => wingOf(module) === wing && !alone(module)).sort()
      const count = Math.ceil(sorted.length / filesEach)
      return Array.from(
        { length: count },
        (_, i) => sorted.slice(Math.round(i * sorted.length / count), Math.round((i + 1) * sorted.length / count))
      )
    })
  ]
}

/** @returns the modules that begin the processes, whose names are in the order in which Node starts them */
async function writeBeginnings (processes: readonly (readonly string[])[]): Promise<string[]> {
  await rm(beginnings, { recursive: true, force: true })
  await mkdir(beginnings, { recursive: true })
  return await Promise.all(processes.map(async (modules, i) => {
    const beginning = join(beginnings, `${String(i).padStart(3, '0')}.test.js`)
    await writeFile(beginning, modules.map(module => `import '${relative(beginnings, module)}'\n`).join(''))
    return beginning
  }))
}

async function test (modules: readonly string[], options: readonly string[], env: Environment): Promise<number> {
  if (modules.length === 0) return 0
  return await run(process.execPath, [
    '--enable-source-maps',
    // A small young generation is collected all the time while modules load and services start: a sixth of what that
    // takes.
    '--initial-heap-size=256',
    '--min-semi-space-size=32',
    '--max-semi-space-size=64',
    // Optimising the WebAssembly of the embedded database takes longer than nearly every test runs it: with the fast
    // compiler alone a service is ready after a quarter less processor time.
    '--liftoff-only',
    // Of the clock that tests set, which is experimental in Node 20.
    '--disable-warning=ExperimentalWarning',
    '--test',
    '--test-concurrency=3',
    // Of a process in which a test hangs, in milliseconds: no test asserts a time.
    '--test-timeout=1800000',
    ...options,
    ...await writeBeginnings(processesOf(modules))
  ], env)
}

/** Runs tests, those that count first, and says how much of the folders these went through. */
async function testWithCoverage (
  modules: readonly string[],
  options: readonly string[],
  env: Environment,
  folders: readonly string[]
): Promise<number> {
  const counts = (module: string) =>
    !uncounted.includes(module) &&
    (folders.length === 0 || folders.some(folder => module.startsWith(join(compiled, 'test', folder) + '/')))
  const data = await mkdtemp(join(tmpdir(), 'crosswalk-coverage-'))
  try {
    const codes = [
      await test(modules.filter(counts), options, { ...env, NODE_V8_COVERAGE: data }),
      await test(modules.filter(module => !counts(module)), options, env)
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
await joinTypebox()
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
