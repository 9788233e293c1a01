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
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { projectRoot } from '../src/config.js'
import { availablePostgresServer } from '../test/support/postgres-server.js'
import { prepareDatabases } from '../test/support/prepared-databases.js'
import { joinTypebox } from './join-typebox.js'

/** Must be that of tsconfig.test.json. */
const compiled = join(projectRoot, '.compiled')
/** Where the modules are that begin a process, one that imports its test files. */
const beginnings = join(compiled, 'processes')
/**
 * Test files that share a process, at most. Loading the service and compiling what every test calls takes as much
 * processor time as half of the files' own tests.
 */
const filesEach = 16
/** Those that take longest of the tests that have a process of their own. */
const longest = ['docs/commands', 'trust/jobs', 'package/package', 'trust/gallery-kills'].map(moduleNamed)
/** Percent of the lines. */
const leastCovered = 85
/**
 * Tests of much arithmetic and those that start programs or browsers, whose lines are not counted. While V8 counts, the
 * former take several times as long, and each process of the latter writes what it went through of every module.
 * Without them the others still go through 95 % of src/science and src/platform.
 */
const uncounted = [
  'platform/database/backup',
  'platform/database/poolers',
  'platform/encryption/cli',
  'platform/http/documentation',
  'platform/http/recorded-answers',
  'platform/pages/browser',
  'platform/private-files',
  'science/alignment/comparison-space',
  'science/alignment/low-rank-ridge',
  'science/alignment/pair-by-identity',
  'science/cards/reference-table',
  'science/fitting/cross-fitting',
  'science/fitting/fit-map'
].map(moduleNamed)

function moduleNamed (name: string): string {
  return join(compiled, 'test', `${name}.test.js`)
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
    ...longest.filter(module => modules.includes(module)).map(module => [module]),
    ...wings.flatMap((_, wing) => {
      const sorted = modules.filter(module => wingOf(module) === wing && !alone(module)).sort()
      const count = Math.ceil(sorted.length / filesEach)
      return Array.from(
        { length: count },
        (_, i) => sorted.slice(Math.round(i * sorted.length / count), Math.round((i + 1) * sorted.length / count))
      )
    }),
    ...modules.filter(module => alone(module) && !longest.includes(module)).map(module => [module])
  ]
}

/**
 * Counts what the process and those that it starts go through. Node would count in every process, and a process that
 * has begun to count goes on.
 */
const counting = (folder: string) => `
import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector'
process.env.NODE_V8_COVERAGE = ${JSON.stringify(folder)}
const session = new Session()
session.connect()
session.post('Profiler.enable')
session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
process.on('exit', () => session.post('Profiler.takePreciseCoverage', (error, coverage) => {
  if (error !== null) throw new Error(JSON.stringify(error))
  writeFileSync(${JSON.stringify(folder)} + '/coverage-' + process.pid + '-0.json', JSON.stringify(coverage))
}))
`

/** Which tests count what they go through, and the folder that has what V8 counts. */
interface Counting {
  readonly counts: (module: string) => boolean
  readonly folder: string
}

/** @returns the modules that begin the processes, whose names are in the order in which Node starts them */
async function writeBeginnings (
  processes: readonly (readonly string[])[],
  counted: Counting | undefined
): Promise<string[]> {
  await rm(beginnings, { recursive: true, force: true })
  await mkdir(beginnings, { recursive: true })
  if (counted !== undefined) await writeFile(join(beginnings, 'counting.js'), counting(counted.folder))
  return await Promise.all(processes.map(async (modules, i) => {
    const number = String(i).padStart(3, '0')
    const beginning = join(beginnings, `${number}.test.js`)
    const imports = modules.map(module => `import '${relative(beginnings, module)}'\n`).join('')
    if (counted?.counts(modules[0]!) === true) {
      await writeFile(join(beginnings, `${number}.js`), imports)
      // Of what is compiled before, V8 counts no branches.
      await writeFile(beginning, `import './counting.js'\nawait import('./${number}.js')\n`)
    } else {
      await writeFile(beginning, imports)
    }
    return beginning
  }))
}

async function test (
  modules: readonly string[],
  options: readonly string[],
  env: Environment,
  counted?: Counting
): Promise<number> {
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
    // Tests call most functions too seldom for it to pay to optimise them as early as V8 does: a tenth of the time.
    // Later versions have no such option.
    ...process.version.startsWith('v20.') ? ['--interrupt-budget=500000'] : [],
    // Of the clock that tests set, which is experimental in Node 20.
    '--disable-warning=ExperimentalWarning',
    '--test',
    '--test-concurrency=3',
    // It repeats at the end what has failed, and why.
    ...options.some(option => option.startsWith('--test-reporter')) ? [] : ['--test-reporter=spec'],
    // Of a process in which a test hangs, in milliseconds: no test asserts a time.
    '--test-timeout=1800000',
    ...options,
    ...await writeBeginnings(processesOf(modules), counted)
  ], env)
}

/** Runs tests, and says how much of the folders those that count went through. */
async function testWithCoverage (
  modules: readonly string[],
  options: readonly string[],
  env: Environment,
  folders: readonly string[]
): Promise<number> {
  const counts = (module: string) =>
    !uncounted.includes(module) &&
    (folders.length === 0 || folders.some(folder => module.startsWith(join(compiled, 'test', folder) + '/')))
  const folder = await mkdtemp(join(tmpdir(), 'crosswalk-coverage-'))
  try {
    const code = await test(modules, options, env, { counts, folder })
    const floor = folders.length === 0 ? [] : ['--check-coverage', '--lines', String(leastCovered)]
    const covered = await tool(
      import.meta.resolve('c8/bin/c8.js'),
      'report',
      '--temp-directory',
      folder,
      ...(folders.length === 0 ? [''] : folders).flatMap(folder => ['--include', join('src', folder, '**')]),
      '--exclude-after-remap',
      '--reporter=text-summary',
      '--reporter=html',
      ...floor
    )
    return code || covered
  } finally {
    await rm(folder, { recursive: true, force: true })
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
// In the place where what is compiled finds it before the package.
await joinTypebox(join(compiled, 'node_modules', 'typebox'))
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
