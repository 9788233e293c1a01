/**
 * Compiles the repository and runs its tests, all or those that are named, two files at a time.
 *
 *   npm test -- [FILE]... [OPTION OF NODE]...
 *   npm test -- test/features/maps/routes.test.ts --test-name-pattern=activation
 *
 * Compiled once, a test file and every process and thread that it starts begin about a second sooner than under tsx.
 * One Postgres server serves them all, that of TEST_DATABASE_URL or one from npm's binaries; each suite has a database
 * of its own.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { projectRoot } from '../src/config.js'
import { startPostgresServer } from '../test/support/postgres-server.js'

/** Must be that of tsconfig.test.json. */
const compiled = join(projectRoot, '.compiled')

async function run (
  command: string,
  parameters: readonly string[],
  env: Readonly<Record<string, string>> = {}
): Promise<number> {
  const child = spawn(command, parameters, { cwd: projectRoot, stdio: 'inherit', env: { ...process.env, ...env } })
  const forward = (signal: NodeJS.Signals) => {
    child.kill(signal)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, forward)
  const [code] = await once(child, 'close') as [number | null]
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, forward)
  return code ?? 1
}

/** The compiled module of a test's source. */
function moduleOf (file: string): string {
  const path = relative(projectRoot, resolve(file))
  if (!/^test\/.*\.test\.tsx?$/.test(path)) throw new Error(`expected a file test/**/*.test.ts, received ${file}`)
  return join(compiled, path.replace(/\.tsx?$/, '.js'))
}

const given = process.argv.slice(2)
const options = given.filter(argument => argument.startsWith('-'))
const files = given.filter(argument => !argument.startsWith('-'))
const sources = files.length > 0
  ? files
  : readdirSync(join(projectRoot, 'test'), { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.test.ts')).sort().map(path => join(projectRoot, 'test', path))
const modules = sources.map(moduleOf)

const code = await run(process.execPath, [
  join(projectRoot, 'node_modules', 'typescript', 'bin', 'tsc'),
  '-p',
  'tsconfig.test.json'
])
if (code !== 0) process.exit(code)
const external = process.env.TEST_DATABASE_URL
const server = external === undefined || external === ''
  ? await startPostgresServer()
  : { url: external, stop: async () => {} }
try {
  process.exitCode = await run(process.execPath, [
    '--enable-source-maps',
    '--test',
    '--test-concurrency=2',
    ...options,
    ...modules
  ], { TEST_DATABASE_URL: server.url })
} finally {
  await server.stop()
}
