import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { programOf, startServer, type ServerProcess } from '../../bench/processes.js'
import { projectRoot } from '../../src/config.js'
import type { Database } from '../../src/platform/database/database.js'
import { openDatabase } from '../../src/platform/database/open-database.js'
import { fillImmich } from '../features/connect/immich.js'
import { realTemplates } from '../features/connect/tables.js'
import { startDatabase, urlOf, type TestDatabase } from '../support/databases.js'
import { freePort } from '../support/postgres-server.js'
import { commandBlocks } from './commands.js'
import { openShell, type Shell } from './shell.js'

/** In the order in which a newcomer comes to them. */
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'docs/ensembles.md',
  'docs/your-own-models.md',
  'docs/plan.md',
  'docs/photographs.md',
  'docs/maps.md',
  'docs/jobs.md',
  'docs/galleries.md',
  'docs/galleries-migration.md',
  'docs/files.md',
  'docs/connect.md',
  'docs/immich.md',
  'docs/old-gallery.md',
  'docs/clouds.md',
  'docs/bundles.md',
  'docs/package.md',
  'docs/other-runtimes.md',
  'docs/access.md',
  'docs/http.md',
  'docs/audit.md',
  'docs/encryption.md',
  'docs/deployment.md'
]

/** Databases that a page is about, with its address in CONNECT_URL. */
const databases: Readonly<Record<string, (database: Database) => Promise<void>>> = {
  'docs/immich.md': database => fillImmich(database, { version: '2.2.2', templates: realTemplates(300) })
}

/** Where `npm run crosswalk` is run as it stands; the other pages run what is built. */
const asWritten = 'docs/plan.md'

/** Pages whose figures are written by a command that takes long, which is all that they have of commands. */
const reports = [
  'docs/performance.md',
  'docs/trust.md',
  'docs/report.md',
  'docs/paper.md',
  'docs/galleries-report.md',
  'docs/scaling.md'
]

describe('commands of README and docs', () => {
  let folder: string
  let port: number
  let server: ServerProcess | undefined
  const env = () => ({
    HOST: '127.0.0.1',
    PORT: String(port),
    DATA_DIR: join(folder, 'data'),
    DATABASE_URL: '',
    ADMIN_KEY_FILE: '',
    MAX_WAIT: '60000',
    LOG_LEVEL: 'warn'
  })
  const start = async () => {
    server ??= await startServer(process.execPath, programOf('src/server'), { name: 'the service', env: env() })
  }
  const stop = async () => {
    await server?.stop()
    server = undefined
  }

  before(async () => {
    // A checkout of its own, so that what commands write is not in this one. What the compiler notes of dist it finds
    // wrong elsewhere, and takes twice as long.
    folder = await mkdtemp(join(tmpdir(), 'crosswalk-docs-'))
    for (const name of await readdir(projectRoot)) {
      if (['node_modules', '.cache'].includes(name)) await symlink(join(projectRoot, name), join(folder, name))
      else if (!['data', 'dist', '.git', '.compiled'].includes(name)) {
        await cp(join(projectRoot, name), join(folder, name), { recursive: true })
      }
    }
    await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', 'scripts/build.ts'],
      { cwd: folder }
    )
    port = await freePort()
  })
  after(async () => {
    await stop()
    await rm(folder, { recursive: true, force: true })
  })

  test('every page with commands is run here, or is a report', async () => {
    const all = [
      'README.md',
      'CONTRIBUTING.md',
      ...(await readdir(join(projectRoot, 'docs'), { recursive: true })).map(name => `docs/${name}`)
    ]
    const withCommands = all.filter(page =>
      page.endsWith('.md') && commandBlocks(page, join(projectRoot, page)).length > 0
    )
    assert.deepEqual(withCommands.filter(page => !pages.includes(page) && !reports.includes(page)), [])
  })

  for (const page of pages) {
    test(`${page} works as it stands`, async t => {
      let shell: Shell | undefined
      const own = databases[page] === undefined ? undefined : await startFilled(databases[page])
      const variables = () => ({ ...env(), ...own === undefined ? {} : { CONNECT_URL: urlOf(own) } })
      try {
        for (const { line, commands, run } of commandBlocks(page, join(projectRoot, page))) {
          if (run.kind === 'skip') {
            t.diagnostic(`${page}:${line} is not run: ${run.reason}`)
            continue
          }
          await (run.kind === 'run' ? start() : stop())
          const text = commands.replaceAll('127.0.0.1:8080', `127.0.0.1:${port}`)
          shell ??= openShell(folder, variables(), { asWritten: page === asWritten })
          const done = run.kind === 'starts'
            ? startServer('bash', ['-c', `cd ${folder} && ${text}`], { name: page, env: env(), group: true }).then(
              started => started.stop()
            )
            : shell.run(text)
          await done.catch((error: Error) => {
            throw new Error(`${page}:${line}: ${error.message}`)
          })
        }
      } finally {
        await shell?.close()
        await own?.stop()
      }
    })
  }
})

async function startFilled (fill: (database: Database) => Promise<void>): Promise<TestDatabase> {
  const started = await startDatabase('postgres', { empty: true })
  const database = await openDatabase(started.config)
  await fill(database).finally(() => database.close())
  return started
}
