import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { residentMegabytes, startServer, type ServerProcess } from '../../bench/processes.js'
import { figure, median } from '../../bench/rounds.js'
import { amount, markdownTable, type Figure, type MeasureOptions, type Section } from '../../bench/section.js'
import { projectRoot } from '../../src/config.js'
import { createDatabase, startPostgresServer } from '../../test/support/postgres-server.js'

interface Configuration {
  readonly name: string
  readonly threads: number
  /** megabytes that the service may take when it is ready; null where nothing is asked */
  readonly mostMegabytes: number | null
  /** Prepares a start, and removes what it left. */
  readonly environment: () => Promise<{ env: Readonly<Record<string, string>>, remove: () => Promise<void> }>
}

interface Measured {
  /** from the start of the process to the first 200 of /health/ready */
  readonly seconds: number
  /** of the processor, user and system, until then */
  readonly cpuSeconds: number
  readonly megabytes: number
  /** after each recogniser has embedded as many photographs side by side as there are threads */
  readonly megabytesInUse: number
}

const secondsMost = 3

/**
 * Starts the built service in each configuration and reads what it takes: memory that is resident, time and processor
 * until it is ready.
 */
export async function reportMemory ({ rounds, log }: MeasureOptions): Promise<Section> {
  const server = await startPostgresServer()
  try {
    const onServer = await createDatabase(server.url)
    const folder = await mkdtemp(join(tmpdir(), 'crosswalk-report-'))
    const postgres = async () => ({ env: { DATABASE_URL: onServer.url }, remove: async () => {} })
    const configurations: Configuration[] = [
      { name: 'a Postgres server, one embed thread', threads: 1, mostMegabytes: null, environment: postgres },
      { name: 'a Postgres server, two embed threads', threads: 2, mostMegabytes: 450, environment: postgres },
      { name: 'embedded, new', threads: 2, mostMegabytes: null, environment: newFolder },
      {
        name: 'embedded, opened again',
        threads: 2,
        mostMegabytes: 600,
        environment: async () => ({ env: { DATA_DIR: folder }, remove: async () => {} })
      }
    ]
    // The first start makes what later ones find: the schema, the maps, the examples.
    for (const { threads, environment } of configurations) await measure(threads, await environment())
    const results: { configuration: Configuration, measured: Measured[] }[] = []
    for (const configuration of configurations) {
      const measured: Measured[] = []
      for (let round = 1; round <= rounds; round++) {
        measured.push(await measure(configuration.threads, await configuration.environment()))
        const { seconds, cpuSeconds, megabytes, megabytesInUse } = measured.at(-1)!
        log(
          `  ${configuration.name}: ready after ${amount(seconds)} s (${amount(cpuSeconds)} s of the processor), ` +
            `${Math.round(megabytes)} MB, in use ${Math.round(megabytesInUse)} MB`
        )
      }
      results.push({ configuration, measured })
    }
    await onServer.drop()
    await rm(folder, { recursive: true, force: true })
    return describe(results)
  } finally {
    await server.stop()
  }
}

async function newFolder () {
  const folder = await mkdtemp(join(tmpdir(), 'crosswalk-report-'))
  return { env: { DATA_DIR: folder }, remove: () => rm(folder, { recursive: true, force: true }) }
}

async function measure (
  threads: number,
  { env, remove }: Awaited<ReturnType<Configuration['environment']>>
): Promise<Measured> {
  const begun = performance.now()
  const service = await startServer(process.execPath, [...await nodeFlags(), join(projectRoot, 'dist', 'server.js')], {
    name: 'the service',
    env: {
      HOST: '',
      DATABASE_URL: '',
      PORT: '0',
      LOG_LEVEL: 'warn',
      MAX_WAIT: '60000',
      EMBED_THREADS: String(threads),
      ...await imageEnvironment(),
      ...env
    }
  })
  try {
    while (!(await fetch(`${service.url}/health/ready`)).ok) await setTimeout(10)
    const seconds = (performance.now() - begun) / 1000
    const cpuSeconds = await cpuSecondsOf(service)
    const megabytes = await residentMegabytes(service)
    await embed(service, threads)
    return { seconds, cpuSeconds, megabytes, megabytesInUse: await residentMegabytes(service) }
  } finally {
    await service.stop()
    await remove()
  }
}

/** What the image tells the C library. */
async function imageEnvironment (): Promise<Record<string, string>> {
  const file = await readFile(join(projectRoot, 'Dockerfile'), 'utf8')
  return Object.fromEntries([...file.matchAll(/^ENV (MALLOC_\w+)=(\S+)$/gm)].map(([, name, value]) => [name!, value!]))
}

/** The options of Node in `npm start`, which are those of the image. */
async function nodeFlags (): Promise<string[]> {
  const { scripts: { start } } = JSON.parse(await readFile(join(projectRoot, 'package.json'), 'utf8')) as {
    scripts: { start: string }
  }
  return start.split(' ').filter(part => part.startsWith('--'))
}

async function cpuSecondsOf ({ pid }: ServerProcess): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  // The name of the program stands in brackets and may have spaces. User and system time follow 11 fields later, in
  // ticks, of which Linux reports 100 per second.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** Every model embeds photographs on every thread. */
async function embed ({ url }: ServerProcess, threads: number): Promise<void> {
  const { models } = await (await fetch(`${url}/v1/models`)).json() as {
    models: { id: string, canEmbed: boolean }[]
  }
  const names = models.filter(({ canEmbed }) => canEmbed).map(({ id }) => id)
  const photograph = await readFile(join(projectRoot, '.cache', 'models', 'samples', '1.jpg'))
  for (let round = 0; round < 3; round++) {
    await Promise.all(Array.from({ length: 2 * threads }, async () => {
      const answer = await fetch(`${url}/v1/embeddings?models=${names.join(',')}`, {
        method: 'POST',
        headers: { 'content-type': 'image/jpeg' },
        body: photograph
      })
      if (!answer.ok) throw new Error(`expected embeddings, received ${answer.status}: ${await answer.text()}`)
      await answer.arrayBuffer()
    }))
  }
}

function describe (results: readonly { configuration: Configuration, measured: readonly Measured[] }[]): Section {
  const figures: Figure[] = results.flatMap(({ configuration: { name, mostMegabytes }, measured }) => [
    { ...figure(`${name}: MB when ready`, measured.map(({ megabytes }) => megabytes), mostMegabytes), ...atMost },
    {
      ...figure(`${name}: s until ready`, measured.map(({ seconds }) => seconds), mostMegabytes && secondsMost),
      ...atMost
    }
  ])
  const rows = results.map(({ configuration, measured }) => [
    configuration.name,
    ...(['seconds', 'cpuSeconds', 'megabytes', 'megabytesInUse'] as const).map(member =>
      amount(median(measured.map(one => one[member])))
    )
  ])
  return {
    title: 'Memory and start',
    figures,
    markdown:
      'The built service with the environment and the options of Node that the image has, as its process is seen by the system: ' +
      'resident memory, which includes the pages of its program files. *In use* is after every model of the pack has ' +
      'embedded a photograph on every thread.\n\n' +
      markdownTable(['configuration', 's until ready', 's of the processor', 'MB when ready', 'MB in use'], rows)
  }
}

const atMost = { sense: 'at-most' as const }
