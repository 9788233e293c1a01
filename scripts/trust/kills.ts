import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { runProgram, startServer, typeScript, type ServerProcess } from '../../bench/processes.js'
import { createRandom } from '../../src/alignment/random.js'
import { projectRoot } from '../../src/config.js'
import { createDatabase, startPostgresServer } from '../../test/support/postgres-server.js'
import { createWriter } from './acknowledged.js'

export interface Kills {
  readonly kills: number
  readonly acknowledged: number
  /** writes that were under way when the process was killed */
  readonly interrupted: number
  /** what was acknowledged and is not there, or there in part */
  readonly lost: readonly string[]
  /** records of the audit, whose chain `crosswalk audit verify` found whole at the end */
  readonly audited: number
}

/**
 * Kills the process with SIGKILL at random moments while it writes, starts it again on the same data, and looks for all that was acknowledged.
 *
 * @param on what database
 */
export async function killRepeatedly (kills: number, on: 'embedded' | 'postgres', seed = 1): Promise<Kills> {
  const closers: (() => Promise<unknown>)[] = []
  const random = createRandom(seed)
  try {
    const env = { HOST: '', PORT: '0', LOG_LEVEL: 'error', EMBED_THREADS: '1', EXAMPLES: 'off', MAX_WAIT: '60000', ...await data() }
    const start = () => startServer(process.execPath, [...typeScript, join(projectRoot, 'src', 'server.ts')], { name: 'the service', env })
    let server: ServerProcess = await start()
    closers.push(() => server.stop())
    // Several writers, so that transactions meet.
    const writers = [1, 2, 3].map(k => createWriter(() => server.url, 100 * seed + k))
    for (const writer of writers) await writer.prepare()
    const lost: string[] = []
    for (let kill = 0; kill < kills; kill++) {
      const writing = Promise.all(writers.map(writer => writer.writeUntilGone()))
      await Promise.race([writing, setTimeout(100 + random.integer(1500))])
      process.kill(server.pid, 'SIGKILL')
      await writing
      await server.stop()
      server = await start()
      for (const writer of writers) lost.push(...await writer.lost())
    }
    await server.stop()
    const head = await runProgram(process.execPath, [...typeScript, join(projectRoot, 'src', 'cli.ts'), 'audit', 'verify'], { name: 'crosswalk audit verify', env })
    const sum = (count: 'acknowledged' | 'interrupted') => writers.reduce((total, writer) => total + writer.counts[count], 0)
    return { kills, acknowledged: sum('acknowledged'), interrupted: sum('interrupted'), lost, audited: Number(head.split(':')[0]) }
  } finally {
    for (const close of closers.reverse()) await close()
  }

  async function data (): Promise<Record<string, string>> {
    if (on === 'embedded') {
      const folder = await mkdtemp(join(tmpdir(), 'crosswalk-kills-'))
      closers.push(() => rm(folder, { recursive: true, force: true }))
      return { DATA_DIR: folder, DATABASE_URL: '' }
    }
    const postgres = await startPostgresServer()
    closers.push(postgres.stop)
    return { DATABASE_URL: (await createDatabase(postgres.url)).url }
  }
}
