import { setTimeout } from 'node:timers/promises'
import type { ServerProcess } from '../../bench/processes.js'
import { amount, markdownTable, type Section } from '../../bench/section.js'
import { startBuiltService } from '../../bench/service.js'
import { examples } from '../../src/platform/http/documented-examples.js'
import { startPooler, withoutPooler } from '../../test/support/pooler.js'
import { availablePostgresServer, createDatabase } from '../../test/support/postgres-server.js'
import { SectionSkipped } from '../report-sections.js'
import { call, postJson } from '../running-service.js'

const [source, target] = ['example-b', 'example-a']
const pairs = examples.pairs.map(({ source, target, ...pair }) => ({ ...pair, source: target, target: source }))
/** How often a map is made active and retired on one replica. */
const rounds = 20

/** How replicas reach their database, and what came of it. */
interface Way {
  readonly name: string
  readonly outcome: string
  /** milliseconds until the other replica knew: of a map that was activated, and of one that was retired */
  readonly known: readonly number[]
}

/** PgBouncer before a server: what a start says by each mode, and how soon a replica knows what another did. */
export async function reportPoolers ({ log }: { log(line: string): void }): Promise<Section> {
  if (withoutPooler !== false) throw new SectionSkipped(withoutPooler)
  const server = await availablePostgresServer()
  const { url: direct, drop } = await createDatabase(server.url)
  const ways: Way[] = []
  const note = (way: Way) => {
    ways.push(way)
    log(`  ${way.name}: ${way.outcome}`)
  }
  try {
    note(await tryWay('no pooler', { DATABASE_URL: direct }))
    for (const mode of ['session', 'transaction'] as const) {
      const pooler = await startPooler(direct, mode)
      try {
        note(await tryWay(`by ${mode}`, { DATABASE_URL: pooler.url }))
        if (mode === 'session') continue
        note(
          await tryWay('by transaction, `DATABASE_DIRECT_URL` set', {
            DATABASE_URL: pooler.url,
            DATABASE_DIRECT_URL: direct
          })
        )
      } finally {
        await pooler.stop()
      }
    }
  } finally {
    await drop()
    await server.stop()
  }
  return {
    title: 'Poolers',
    figures: [],
    markdown: [
      `PgBouncer before a Postgres server, and two replicas of the service. One of them activates a map and retires it, ` +
      `${rounds} times; the other is asked at once, again and again, until it answers by it.`,
      markdownTable(
        ['pooler', 'replicas', 'the other knows after, ms: median', 'largest'],
        ways.map(({ name, outcome, known }) => {
          const sorted = [...known].sort((a, b) => a - b)
          return [
            name,
            outcome,
            known.length === 0 ? '' : amount(sorted[known.length >> 1]!),
            known.length === 0 ? '' : amount(sorted.at(-1)!)
          ]
        })
      )
    ].join('\n\n')
  }
}

async function tryWay (name: string, env: Readonly<Record<string, string>>): Promise<Way> {
  const replicas: ServerProcess[] = []
  try {
    while (replicas.length < 2) replicas.push(await startBuiltService({ ...env, EXAMPLES: 'on' }))
    const known = await changeMaps(replicas as [ServerProcess, ServerProcess])
    return { name, outcome: 'ready', known }
  } catch (error) {
    const said = /Set DATABASE_DIRECT_URL|set DATABASE_DIRECT_URL/.exec(String(error))
    if (said === null) throw error
    return { name, outcome: 'refused at the start, with the advice to set `DATABASE_DIRECT_URL`', known: [] }
  } finally {
    await Promise.all(replicas.map(replica => replica.stop()))
  }
}

async function changeMaps ([first, second]: readonly [ServerProcess, ServerProcess]): Promise<number[]> {
  const known: number[] = []
  for (let round = 0; round < rounds; round++) {
    const { id } = await call<{ id: string }>(
      `${first.url}/v1/maps`,
      postJson({ source, target, method: 'procrustes', pairs })
    )
    await call(`${first.url}/v1/maps/${id}/activate`, { method: 'POST' })
    known.push(await until(async () => await mapUsed(second) === id))
    const retired = await fetch(`${first.url}/v1/maps/${id}`, { method: 'DELETE' })
    if (!retired.ok) throw new Error(`expected the map to be retired, received ${await retired.text()}`)
    known.push(await until(async () => await mapUsed(second) !== id))
  }
  return known
}

/** The map that a translation uses; undefined when there is none. */
async function mapUsed ({ url }: ServerProcess): Promise<string | undefined> {
  const { code, maps, ...answer } = await (await fetch(
    `${url}/v1/translations`,
    postJson({ target, templates: [{ model: source, vector: [1, 2, 3] }] })
  )).json() as { code?: string, maps?: { id: string }[] }
  if (maps === undefined && code !== 'map-missing') {
    throw new Error(`expected a translation, received ${JSON.stringify({ code, ...answer })}`)
  }
  return maps?.[0]?.id
}

/** @returns milliseconds that it took. @throws Error after a minute */
async function until (isSo: () => Promise<boolean>): Promise<number> {
  const begun = performance.now()
  while (!await isSo()) {
    if (performance.now() - begun > 60_000) throw new Error('expected the other replica to know within a minute')
    await setTimeout(1)
  }
  return performance.now() - begun
}
