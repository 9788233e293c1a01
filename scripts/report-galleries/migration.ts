import { openAsBlob } from 'node:fs'
import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { rawProduct } from '../../bench/peers.js'
import { figure } from '../../bench/rounds.js'
import { amount, markdownTable, type MeasureOptions, type Section } from '../../bench/section.js'
import { withFolder } from '../../bench/service.js'
import { serveMap } from '../../bench/spaces.js'
import { createRandom } from '../../src/science/linear-algebra/random.js'
import type { Database, DatabaseConfig } from '../../src/platform/database/database.js'
import { openDatabase } from '../../src/platform/database/open-database.js'
import { bytesOfFloat32 } from '../../src/science/template/float32.js'
import { call, postJson } from '../running-service.js'
import { startKillableService, type KillableService } from '../trust/killable-service.js'
import { syntheticGallery } from './synthetic-gallery.js'

export interface MigrationReportOptions extends Pick<MeasureOptions, 'log'> {
  /** of the gallery; a million when absent */
  readonly templates?: number
}

const dimension = 512
const [from, to] = ['migration-a', 'migration-b']
const killsWanted = 20
const seed = 1
const rowsAtOnce = 4096
/** Rows of the product alone at a time: those of a page of a migration. */
const productRows = 4096

interface Migration {
  readonly state: string
  readonly translated: number
  readonly purged: boolean
}
interface Counts {
  readonly templates: number
  readonly names: number
  readonly source: number
  readonly target: number
  readonly serving: number
}

/**
 * A gallery on a real Postgres: enrolled over HTTP, migrated undisturbed and rolled back, migrated under kills and
 * committed.
 */
export async function measure ({ templates = 1_000_000, log }: MigrationReportOptions): Promise<Section> {
  const service = await startKillableService('postgres', { JOB_LEASE: '2' })
  try {
    for (const [source, target] of [[from, to]] as const) {
      await serveMap(service.url, { id: source, dimension }, { id: target, dimension })
    }
    const { id } = await call<{ id: string }>(`${service.url}/v1/galleries`, postJson({ name: 'a report' }))
    const path = `/v1/galleries/${id}`
    const enrolled = await enrol(service, path, templates)
    log(`  ${amount(templates / enrolled)} templates/s enrolled`)
    const before = await inDatabase(service.database, database => count(database, id))

    const product = templates /
      await rawProduct({ rows: productRows, dSource: dimension, dTarget: dimension, seconds: 3 }, 1)
    const copies = [await copy(service.database)]
    log(`  ${seconds(product)} for the product alone, ${describeCopy(copies[0]!)}`)
    const undisturbed = await timed(async () => await translated(service, path, await begin(service, path)))
    log(`  ${seconds(undisturbed.seconds)} undisturbed`)
    copies.push(await copy(service.database))
    log(`  ${describeCopy(copies[1]!)}`)
    const [first] = (await call<{ migrations: { id: string }[] }>(`${service.url}${path}/migrations`)).migrations
    await end(service, path, first!.id, 'rollback')

    const { seconds: disturbed, result: { migration, kills } } = await timed(async () => {
      const migration = await begin(service, path)
      const kills = await killOnTheWay(service, path, migration, templates)
      await translated(service, path, migration)
      return { migration, kills }
    })
    log(`  ${seconds(disturbed)} with ${kills} kills`)
    const commit = await timed(async () => {
      await call(`${service.url}${path}/migrations/${migration}/commit`, { method: 'POST' })
    })
    await purged(service, path, migration)
    const after = await inDatabase(service.database, database => count(database, id))
    const once = after.templates === before.templates && after.names === before.names &&
      after.target === before.source && after.serving === before.serving
    const ratio = (copied: Copy, which: keyof Copy) => (product + copied[which]) / undisturbed.seconds
    return {
      title: 'Migration',
      markdown: [
        `${
          templates.toLocaleString('en-US')
        } synthetic templates (seed ${seed}) of ${dimension} numbers in one gallery on a Postgres server of its own, ` +
        'enrolled over HTTP as a form of CSV and raw float32, and migrated to another model of ' +
        `${dimension} with a map that was fitted over the API. Once undisturbed, then rolled back; and once with ` +
        `the process killed ${kills} times by SIGKILL at random moments and restarted, then committed in ${
          amount(commit.seconds * 1000)
        } ms. The bulk copy is \`INSERT … SELECT\` of the same rows into a table of the same columns, without a ` +
        `key, and into one with the same keys and indexes; it and the matrix product alone are timed separately, ` +
        `and their times are added.`,
        markdownTable(
          ['', 'templates', 'distinct (subject, reference)', 'source model', 'target model', 'serving'],
          ([['before', before], ['after the commit', after]] as const).map((
            [name, counts]
          ) => [
            name,
            ...[counts.templates, counts.names, counts.source, counts.target, counts.serving].map(value =>
              value.toLocaleString('en-US')
            )
          ])
        ),
        once ? 'Every template is there exactly once.' : '**Not every template is there exactly once.**',
        markdownTable(
          ['what', 'templates/s', 's'],
          ([
            ['enrolment over HTTP', enrolled],
            ['undisturbed migration', undisturbed.seconds],
            [`migration with ${kills} kills, including restarts`, disturbed],
            ['the matrix product alone', product],
            ['copy, no key', copies[0]!.bare],
            ['copy, no key, second run', copies[1]!.bare],
            ['copy, same keys', copies[0]!.keyed],
            ['copy, same keys, second run', copies[1]!.keyed]
          ] as const).map(([name, time]) => [name, amount(templates / time), amount(time)])
        )
      ].join('\n\n'),
      figures: [
        figure(`templates present exactly once after ${kills} kills, share of those enrolled`, [
          once ? 1 : Math.min(after.names, before.names) / before.names
        ], 1),
        figure(
          'speed of the migration relative to the matrix product and a bulk copy without keys',
          copies.map(copied => ratio(copied, 'bare'))
        ),
        figure(
          'speed of the migration relative to the matrix product and a bulk copy with the same keys',
          copies.map(copied => ratio(copied, 'keyed'))
        )
      ]
    }
  } finally {
    await service.close()
  }
}

/** @returns seconds */
async function enrol ({ url }: KillableService, path: string, templates: number): Promise<number> {
  return await withFolder(async folder => {
    const [names, rows] = [join(folder, 'subjects.csv'), join(folder, 'templates.f32')]
    await writeFile(names, ['subject', ...Array.from({ length: templates }, (_, i) => `person ${i}`)].join('\n'))
    const gallery = syntheticGallery(dimension, seed)
    const file = await open(rows, 'w')
    try {
      for (let first = 0; first < templates; first += rowsAtOnce) {
        await file.write(bytesOfFloat32(gallery.templates(first, Math.min(rowsAtOnce, templates - first), 0).data))
      }
    } finally {
      await file.close()
    }
    const form = new FormData()
    form.set('subjects', await openAsBlob(names), 'subjects.csv')
    form.set('templates', await openAsBlob(rows), 'templates.f32')
    return (await timed(async () => {
      await call(`${url}${path}/templates?model=${from}`, { method: 'POST', body: form })
    })).seconds
  })
}

/** @returns the id of the migration, and of its job */
async function begin ({ url }: KillableService, path: string): Promise<string> {
  return (await call<{ id: string }>(`${url}${path}/migrations`, postJson({ target: to }))).id
}

async function translated (service: KillableService, path: string, migration: string): Promise<void> {
  for (;;) {
    const job = await call<{ state: string, problem: unknown }>(`${service.url}/v1/jobs/${migration}`)
    if (job.state === 'succeeded') return
    if (job.state === 'failed') throw new Error(`${path}: the migration failed: ${JSON.stringify(job.problem)}`)
    await setTimeout(100)
  }
}

/**
 * Kills at random moments, one in each part of the migration.
 * @returns how many there were before all was translated
 */
async function killOnTheWay (
  service: KillableService,
  path: string,
  migration: string,
  templates: number
): Promise<number> {
  const random = createRandom(seed)
  for (let kill = 0; kill < killsWanted; kill++) {
    const moment = templates * (kill + random.next()) / (killsWanted + 1)
    for (;;) {
      // Absent before its job begins.
      const now = await call<Migration>(`${service.url}${path}/migrations/${migration}`).catch(() => undefined)
      if (now !== undefined && now.state !== 'running') return kill
      if (now !== undefined && now.translated >= moment) break
      await setTimeout(20)
    }
    await setTimeout(random.integer(200))
    await service.kill()
    await service.start()
  }
  return killsWanted
}

async function end (
  service: KillableService,
  path: string,
  migration: string,
  how: 'commit' | 'rollback'
): Promise<void> {
  await call(`${service.url}${path}/migrations/${migration}/${how}`, { method: 'POST' })
  await purged(service, path, migration)
}

async function purged ({ url }: KillableService, path: string, migration: string): Promise<void> {
  while (!(await call<Migration>(`${url}${path}/migrations/${migration}`)).purged) await setTimeout(200)
}

async function count (database: Database, gallery: string): Promise<Counts> {
  const { rows: [counted] } = await database.query<Record<keyof Counts, string>>(
    `SELECT count(*) AS templates, count(DISTINCT (t.subject_number, t.reference)) AS names,
       count(*) FILTER (WHERE m.id = '${from}') AS source, count(*) FILTER (WHERE m.id = '${to}') AS target,
       (SELECT count(*) FROM serving_templates v WHERE v.gallery_id = $1) AS serving
     FROM gallery_templates t JOIN models m USING (fingerprint) WHERE t.gallery_id = $1`,
    [gallery]
  )
  return Object.fromEntries(Object.entries(counted!).map(([name, value]) => [name, Number(value)])) as unknown as Counts
}

interface Copy {
  readonly bare: number
  readonly keyed: number
}

/** Seconds that Postgres takes for the bytes of the source alone, from one table into another. */
async function copy (config: DatabaseConfig): Promise<Copy> {
  return await inDatabase(config, async database => {
    const into = async (like: string) =>
      await database.dedicated(async client => {
        await client.query(`CREATE TABLE report_copy (LIKE gallery_templates_0 INCLUDING STORAGE ${like})`)
        const { seconds } = await timed(async () =>
          await client.query(
            `INSERT INTO report_copy SELECT t.* FROM gallery_templates t JOIN models m USING (fingerprint, dimension) WHERE m.id = '${from}'`
          )
        )
        await client.query('DROP TABLE report_copy')
        return seconds
      })
    return { bare: await into(''), keyed: await into('INCLUDING INDEXES INCLUDING CONSTRAINTS') }
  })
}

async function inDatabase<T> (config: DatabaseConfig, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await openDatabase(config)
  try {
    return await work(database)
  } finally {
    await database.close()
  }
}

async function timed<T> (work: () => Promise<T>): Promise<{ result: T, seconds: number }> {
  const began = performance.now()
  const result = await work()
  return { result, seconds: (performance.now() - began) / 1000 }
}

const seconds = (value: number) => `${amount(value)} s`
const describeCopy = ({ bare, keyed }: Copy) => `${seconds(bare)} for a copy, ${seconds(keyed)} with keys`
