import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateLoad, type Load } from './load.js'
import { markdownTable, type MeasureOptions, type Section } from './section.js'
import { startBuiltService, withFolder } from './service.js'
import { serveMap } from './spaces.js'
import { binary, binaryPath, json, path, source, target, writeBodies } from './translation.js'
import { path as verificationPath, writeVerification } from './verification.js'

const seconds = 8
/** Functions that are listed of each load. */
const most = 10

interface Profile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string, readonly url: string }
  }[]
  readonly samples: readonly number[]
  /** microseconds between samples */
  readonly timeDeltas: readonly number[]
}

/** Where the thread that answers requests spends its time under load, by V8's sampling profiler. */
export async function measure ({ log }: MeasureOptions): Promise<Section> {
  const tables = await withFolder(async folder => {
    const bodies = await writeBodies(folder)
    const loads: Record<string, Pick<Load, 'body' | 'headers' | 'connections'> & { readonly address: string }> = {
      'Raw float32, batches of 1,000': { address: binaryPath, body: bodies.raw, headers: binary, connections: 4 },
      'JSON, one template a request': { address: path, body: bodies.single, headers: json, connections: 16 },
      'Verification across two models': {
        address: verificationPath,
        body: await writeVerification(folder),
        headers: json,
        connections: 16
      }
    }
    const tables: string[] = []
    for (const [name, { address, ...load }] of Object.entries(loads)) {
      log(` ${name}`)
      tables.push(`${name}:\n\n${await withFolder(async profiles => {
        const service = await startBuiltService({}, ['--cpu-prof', `--cpu-prof-dir=${profiles}`])
        try {
          await serveMap(service.url, source, target)
          await generateLoad({ url: service.url + address, ...load, seconds })
        } finally {
          await service.stop()
        }
        return selfTimes(await mainProfile(profiles))
      })}`)
    }
    return tables
  })
  return {
    title: 'Where the time goes',
    markdown:
      `The ${seconds} s of load at the end of a run of the service, with V8's sampling profiler: self time of functions on the thread that
answers requests, as shares of the time in which it was not idle. Workers are not in it.\n\n${tables.join('\n\n')}`,
    figures: []
  }
}

/** Every thread writes a profile; that of the main one carries thread 0 in its name. */
async function mainProfile (folder: string): Promise<Profile> {
  const file = (await readdir(folder)).find(name => /\.0\.\d+\.cpuprofile$/.test(name))
  if (file === undefined) throw new Error(`${folder}: expected a profile of the main thread`)
  return JSON.parse(await readFile(join(folder, file), 'utf8')) as Profile
}

function selfTimes ({ nodes, samples, timeDeltas }: Profile): string {
  const names = new Map(
    nodes.map((
      { id, callFrame: { functionName, url } }
    ) => [
      id,
      [functionName === '' ? 'anonymous' : functionName, url.split('/').slice(-2).join('/')].filter(part => part !== '')
        .join(', ')
    ])
  )
  const times = new Map<string, number>()
  let busy = 0
  let window = seconds * 1e6
  for (let k = samples.length - 1; k >= 0 && window > 0; k--) {
    window -= timeDeltas[k]!
    const name = names.get(samples[k]!)!
    if (name === '(idle)') continue
    busy += timeDeltas[k]!
    times.set(name, (times.get(name) ?? 0) + timeDeltas[k]!)
  }
  const rows = [...times].sort((a, b) => b[1] - a[1]).slice(0, most).map((
    [name, time]
  ) => [`\`${name}\``, `${(100 * time / busy).toFixed(1)} %`])
  return markdownTable(['function, file', 'share'], [...rows, [
    'busy, of the time',
    `${(busy / seconds / 1e4).toFixed(0)} %`
  ]])
}
