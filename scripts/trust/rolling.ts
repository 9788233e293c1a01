import { setTimeout } from 'node:timers/promises'
import type { ServerProcess } from '../../bench/processes.js'
import { startBuiltService } from '../../bench/service.js'
import { createDatabase, freePort, startPostgresServer } from '../../test/support/postgres-server.js'
import { startCallers, type Answered } from './callers.js'
import { startProxy } from './proxy.js'
import { requests } from './requests.js'

export interface Rolling {
  readonly restarts: number
  readonly answered: Answered
}

/**
 * Two replicas on one Postgres, behind a proxy that does not retry, restarted one after the other under load.
 *
 * @param rounds restarts of each
 */
export async function restartReplicas (rounds: number): Promise<Rolling> {
  const postgres = await startPostgresServer()
  const closers: (() => Promise<unknown>)[] = [postgres.stop]
  try {
    const database = await createDatabase(postgres.url)
    const ports = [await freePort(), await freePort()]
    const start = (port: number) =>
      startBuiltService({ DATABASE_URL: database.url, PORT: String(port), EMBED_THREADS: '1', EXAMPLES: 'on' })
    const replicas: ServerProcess[] = []
    for (const port of ports) {
      replicas.push(await start(port))
      closers.push(() => replicas[ports.indexOf(port)]!.stop())
    }
    const proxy = await startProxy(replicas.map(({ url }) => url))
    closers.push(proxy.stop)
    await until(() => proxy.ready() === 2)

    const callers = startCallers(proxy.url, requests.map(request => ({ request, count: 2 })))
    let restarts = 0
    for (let round = 0; round < rounds; round++) {
      for (const [i, port] of ports.entries()) {
        await setTimeout(1000)
        await replicas[i]!.stop()
        replicas[i] = await start(port)
        await until(() => proxy.ready() === 2)
        restarts++
      }
    }
    return { restarts, answered: await callers.stop() }
  } finally {
    for (const close of closers.reverse()) await close()
  }
}

async function until (condition: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (condition()) return
    await setTimeout(100)
  }
  throw new Error('expected two replicas to be ready within a minute')
}
