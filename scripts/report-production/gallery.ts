import { setTimeout } from 'node:timers/promises'
import { residentMegabytes, type ServerProcess } from '../../bench/processes.js'
import { figure, median } from '../../bench/rounds.js'
import { amount, markdownTable, type Section } from '../../bench/section.js'
import { startBuiltService } from '../../bench/service.js'
import { openDatabase } from '../../src/platform/database/open-database.js'
import { migrate } from '../../src/platform/database/migrations.js'
import type { Database } from '../../src/platform/database/database.js'
import { createRandom } from '../../src/science/linear-algebra/random.js'
import { fillDatabase, type FilledDatabase } from '../../test/support/filled-database.js'
import { explainedCalls } from '../../test/support/growing-statements.js'
import { availablePostgresServer, createDatabase } from '../../test/support/postgres-server.js'
import { rowsVisited } from '../../test/support/statement-plans.js'

interface Options {
  /** of the gallery */
  readonly templates: number
  log(line: string): void
}

const dimension = 512
const searches = 30

/** How a gallery is kept: with `SEARCH_MEMORY` for all of it, or for a quarter. */
interface Configuration {
  readonly name: string
  /** bytes for each template */
  readonly bytes: number
}

const configurations: readonly Configuration[] = [
  { name: 'whole', bytes: 2600 },
  { name: 'quantised', bytes: 700 }
]

interface Measured {
  /** from the first search that asks, over the answers with 503, to the first with candidates */
  readonly cold: number
  readonly turnedAway: number
  /** milliseconds of the median search */
  readonly warm: number
  /** resident, before and after */
  readonly megabytes: readonly [number, number]
  /** seconds from the start of the next process until its galleries are in memory, without anybody asking */
  readonly restarted: number
  /** milliseconds of its first search */
  readonly afterRestart: number
}

/**
 * A gallery on a real server, of which nothing is in memory: the first search and those after it, the start of the next
 * process, and the plans of everything that grows.
 */
export async function reportGallery ({ templates, log }: Options): Promise<Section> {
  const server = await availablePostgresServer()
  const { url, drop } = await createDatabase(server.url)
  try {
    const database = await openDatabase({ url })
    try {
      await migrate(database)
      const filled = await fillDatabase(database, { templates, samples: 20_000, dimension })
      await analyse(database)
      log(`  ${templates.toLocaleString('en-US')} templates are there`)
      // Its card has no calibration.
      await database.query("UPDATE maps SET state = 'fitted' WHERE id = $1", [filled.map])
      const measured: Measured[] = []
      for (const configuration of configurations) {
        await database.query('DELETE FROM gallery_searches')
        measured.push(await measure(url, configuration, filled))
        log(`  ${configuration.name}: ${describeMeasured(measured.at(-1)!)}`)
      }
      await database.query("UPDATE maps SET state = 'active' WHERE id = $1", [filled.map])
      const plans = await lookAtPlans(database, filled)
      log(`  ${plans.statements} plans, ${plans.faults.length} faults`)
      return describe(templates, measured, plans)
    } finally {
      await database.close()
    }
  } finally {
    await drop()
    await server.stop()
  }
}

async function measure (url: string, { bytes }: Configuration, filled: FilledDatabase): Promise<Measured> {
  const env = { DATABASE_URL: url, SEARCH_MEMORY: String(bytes * filled.templates) }
  const first = await startBuiltService(env)
  let found: Omit<Measured, 'restarted' | 'afterRestart'>
  try {
    const before = await residentMegabytes(first)
    const { seconds, turnedAway } = await searchUntilAnswered(first, filled)
    const times = []
    for (let i = 0; i < searches; i++) times.push((await searchUntilAnswered(first, filled, i + 1)).seconds * 1000)
    found = { cold: seconds, turnedAway, warm: median(times), megabytes: [before, await residentMegabytes(first)] }
  } finally {
    await first.stop()
  }
  const begun = performance.now()
  const next = await startBuiltService(env)
  try {
    while (!await isWarm(next)) await setTimeout(50)
    const restarted = (performance.now() - begun) / 1000
    return { ...found, restarted, afterRestart: (await searchUntilAnswered(next, filled)).seconds * 1000 }
  } finally {
    await next.stop()
  }
}

/** Searches again after each 503, as its Retry-After says. @throws Error for any other answer without candidates */
async function searchUntilAnswered ({ url }: ServerProcess, { gallery }: FilledDatabase, seed = 0) {
  const random = createRandom(seed)
  const vector = Array.from({ length: dimension }, () => random.next() - 0.5)
  const begun = performance.now()
  for (let turnedAway = 0;; turnedAway++) {
    const answer = await fetch(`${url}/v1/galleries/${gallery}/identifications`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ probes: [{ model: 'filled-a', vector }], candidates: 10, belowThreshold: true })
    })
    const text = await answer.text()
    if (answer.status === 503) {
      await setTimeout(1000 * Number(answer.headers.get('retry-after')))
      continue
    }
    const candidates = answer.ok ? (JSON.parse(text) as { results: { candidates: unknown[] }[] }).results : []
    if (candidates[0]?.candidates.length !== 10) throw new Error(`expected ten candidates, received ${text}`)
    return { seconds: (performance.now() - begun) / 1000, turnedAway }
  }
}

/** Whether galleries are in memory and none waits for it. */
async function isWarm ({ url }: ServerProcess): Promise<boolean> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const gauge = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1])
  return gauge('crosswalk_gallery_views') > 0 && gauge('crosswalk_gallery_views_waiting') === 0
}

interface Plans {
  readonly statements: number
  readonly faults: readonly string[]
  /** the slowest, by the method whose statement it is */
  readonly slowest: readonly { readonly name: string, readonly rows: number, readonly milliseconds: number }[]
}

/** Explains what the repositories do with tables that grow, each under both kinds of plans. */
async function lookAtPlans (database: Database, filled: FilledDatabase): Promise<Plans> {
  const faults: string[] = []
  const slowest: { name: string, rows: number, milliseconds: number }[] = []
  let count = 0
  for await (const { name, statements, failure } of explainedCalls(database, filled)) {
    if (failure !== undefined) throw failure
    count += statements.length
    for (const each of statements) faults.push(...each.faults.map(fault => `${name}: ${fault}`))
    const last = statements.reduce((a, b) => a.milliseconds >= b.milliseconds ? a : b)
    slowest.push({ name, rows: rowsVisited(last), milliseconds: last.milliseconds })
  }
  slowest.sort((a, b) => b.milliseconds - a.milliseconds)
  return { statements: count, faults, slowest: slowest.slice(0, 8) }
}

async function analyse (database: Database): Promise<void> {
  await database.dedicated(async client => await client.query('VACUUM ANALYZE'))
}

const describeMeasured = ({ cold, turnedAway, warm, megabytes, restarted, afterRestart }: Measured) =>
  `first search after ${amount(cold)} s (${turnedAway} times 503), then ${amount(warm)} ms; ${
    megabytes.map(Math.round).join(' to ')
  } MB; the next process warm after ${amount(restarted)} s, its first search ${amount(afterRestart)} ms`

function describe (templates: number, measured: readonly Measured[], plans: Plans): Section {
  const count = templates.toLocaleString('en-US')
  return {
    title: 'A gallery that nothing has read',
    figures: [
      { ...figure('plans that read more than their answer is worth', [plans.faults.length], 0), sense: 'at-most' }
    ],
    markdown: [
      `A gallery of ${count} templates of ${dimension} numbers on a Postgres server of its own, filled by SQL. *First* is the ` +
      'search that finds nothing in memory, with the waits that its answers 503 ask for; *then* is the median of ' +
      `${searches} that follow one after the other. *Warm again* is the next process on the same database, from its start ` +
      'until it has read, unasked, what was searched before. Memory is resident, before the first search and at the end.',
      markdownTable(
        ['in memory', 'first, s', 'answers 503', 'then, ms', 'MB before', 'MB', 'warm again, s', 'its first, ms'],
        measured.map(({ cold, turnedAway, warm, megabytes, restarted, afterRestart }, i) => [
          configurations[i]!.name,
          amount(cold),
          String(turnedAway),
          amount(warm),
          ...megabytes.map(value => String(Math.round(value))),
          amount(restarted),
          amount(afterRestart)
        ])
      ),
      `Every statement over tables that grow, as the service sends it, by \`EXPLAIN (ANALYZE)\` with a plan for its values and with one ` +
      `for any: ${plans.statements} plans, ${plans.faults.length} of which read a table again for each row of another, or more rows ` +
      'than a page or the gallery explains. The slowest:',
      markdownTable(
        ['statement of', 'rows looked at', 'ms'],
        plans.slowest.map(({ name, rows, milliseconds }) => [name, rows.toLocaleString('en-US'), amount(milliseconds)])
      ),
      ...plans.faults.map(fault => `- ${fault}`)
    ].join('\n\n')
  }
}
