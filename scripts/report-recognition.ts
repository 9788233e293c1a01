import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { indexIdentities, splitIdentities } from '../src/science/linear-algebra/identities.js'
import { selectRows, type TemplateMatrix } from '../src/science/linear-algebra/matrix.js'
import { normaliseRows } from '../src/science/linear-algebra/normalise.js'
import { createRandom } from '../src/science/linear-algebra/random.js'
import { projectRoot } from '../src/config.js'
import { compare } from '../src/science/scores/comparisons.js'
import { measure, type Metrics } from '../src/science/scores/metrics.js'
import { createEngineProducts } from '../src/engines/onnx/products.js'
import { base64OfFloat32, float32FromBase64, float32FromBytes } from '../src/science/template/float32.js'
import { writeNpy } from '../src/science/template/npy.js'
import { makePhotographCorpus } from './photograph-corpus.js'
import { forEach, listPhotographs, type Photograph } from './photographs.js'
import { conditionNames, printCondition } from './report-recognition/conditions.js'
import { printQuality } from './report-recognition/quality.js'
import { printSeveral } from './report-recognition/several.js'
import { ApiError, call, postJson, startService } from './running-service.js'

/**
 * Prints how well the pack recognises people, through the API: photographs in, templates, translations and decisions
 * out. Maps are fitted on one half of the people and reported on the other; those that ship are fitted on everybody. No
 * image is compared with itself, and each identity weighs the same. `--only turns,sizes --people 20` prints
 * sections of a sample of the people. `--half development` takes the people whom maps are fitted on: what is chosen by
 * a table is chosen on them.
 */
const { values: options } = parseArgs({
  options: {
    photographs: { type: 'string', default: join(projectRoot, '..', 'shared', 'data', 'lfw-images') },
    decisions: { type: 'string', default: '4000' },
    /** Sections, separated by commas. */
    only: { type: 'string', default: ['upright', 'quality', 'several', ...conditionNames].join() },
    /** How many people the sections other than `upright` take. */
    people: { type: 'string', default: '60' },
    half: { type: 'string', default: 'test' }
  }
})
const sections = options.only.split(',')
const models = ['r512', 'dlib128', 'faceres1024']
const products = createEngineProducts({ threads: 2 })
const running = await startService()
const v1 = `${running.url}/v1`

try {
  const { fitted, photographs } = halves(await listPhotographs(resolve(options.photographs)))
  if (sections.includes('upright')) {
    await fitMaps(fitted)
    await printUpright(photographs)
  }
  const sampled = options.half === 'development' ? fitted : photographs
  if (sections.includes('quality')) await printQuality(v1, ofSeveral(sampled, Number(options.people)))
  if (sections.includes('several')) {
    await printSeveral(v1, models, ofSeveral(sampled, Number(options.people), 4))
  }
  const onePerPerson = [...new Map([...sampled].reverse().map(photograph => [photograph.identity, photograph]))
    .values()].reverse().slice(0, Number(options.people))
  for (const name of conditionNames) if (sections.includes(name)) await printCondition(v1, name, onePerPerson)
} finally {
  await running.stop()
}

/** All photographs of the first people who have at least so many. */
function ofSeveral (photographs: Photograph[], people: number, least = 2): Photograph[] {
  const byPerson = new Map<string, Photograph[]>()
  for (const photograph of photographs) {
    byPerson.set(photograph.identity, [...byPerson.get(photograph.identity) ?? [], photograph])
  }
  return [...byPerson.values()].filter(({ length }) => length >= least).slice(0, people).flat()
}

/** Recognition within and across models, of photographs as they are in the folder. */
async function printUpright (photographs: Photograph[]): Promise<void> {
  const { enrolled, templates, failures } = await embedAll(photographs)
  const identity = indexIdentities(
    enrolled.map(photograph => photograph.identity),
    enrolled.map(({ sample }) => sample)
  ).ofRow
  const people = new Set(photographs.map(photograph => photograph.identity)).size
  console.log(`\n${photographs.length} photographs of ${people} people on whom the maps were not fitted.`)
  console.log(`Failure to enrol: ${failures} of ${photographs.length}, ${percent(failures / photographs.length)}.\n`)

  console.log('| probe | reference | compared in | TMR at FMR 1e-3 | 95 % interval | TMR unaligned | EER | rank-1 |')
  console.log('|---|---|---|---|---|---|---|---|')
  for (const model of models) {
    row([model, model, model], await metrics(templates[model]!, undefined, identity))
  }
  for (const source of models) {
    for (const target of models) {
      if (source === target) continue
      const translated = await translate(source, target, templates[source]!)
      const unaligned = await metrics(pad(templates[source]!), pad(templates[target]!), identity)
      row([source, target, target], await metrics(translated, templates[target]!, identity), unaligned)
    }
  }
  await decisions(enrolled, templates)
}

/** Photographs to fit on and those to report on, of other people. */
function halves (all: Photograph[]): { fitted: Photograph[], photographs: Photograph[] } {
  const index = indexIdentities(all.map(({ identity }) => identity), all.map(({ sample }) => sample))
  const { training, heldOut } = splitIdentities(index, 0.5, createRandom(42))
  return { fitted: training.map(i => all[i]!), photographs: heldOut.map(i => all[i]!) }
}

/** Puts maps of these photographs in the place of those that ship. */
async function fitMaps (photographs: Photograph[]): Promise<void> {
  const corpus = await makePhotographCorpus(v1, photographs, models)
  for (const source of models) {
    for (const target of models) {
      if (source === target) continue
      await call(`${v1}/maps`, postJson({ source, target, corpus, activate: true, activateUnfit: true }))
    }
  }
}

interface EmbeddingDocument {
  faces: { templates: { model: string, data: string }[] }[]
}

async function embedAll (photographs: Photograph[]) {
  const embedded = new Array<EmbeddingDocument | undefined>(photographs.length)
  await forEach(photographs, 4, async ({ path, sample }, i) => {
    embedded[i] = await call<EmbeddingDocument>(`${v1}/embeddings?models=${models.join()}`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream', accept: 'application/vnd.crosswalk.base64+json' },
      body: await readFile(path)
    }).catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error
      console.log(`${sample}: ${error.message}`)
      return undefined
    })
  })
  const rows = photographs.map((_, i) => i).filter(i => embedded[i] !== undefined)
  const templates: Record<string, TemplateMatrix> = {}
  models.forEach((model, m) => {
    const vectors = rows.map(i => float32FromBase64(embedded[i]!.faces[0]!.templates[m]!.data)!)
    const cols = vectors[0]!.length
    const data = new Float32Array(rows.length * cols)
    vectors.forEach((vector, row) => data.set(vector, row * cols))
    templates[model] = { rows: rows.length, cols, data }
  })
  return { enrolled: rows.map(i => photographs[i]!), templates, failures: photographs.length - rows.length }
}

async function translate (source: string, target: string, templates: TemplateMatrix): Promise<TemplateMatrix> {
  const response = await fetch(`${v1}/translations?source=${source}&target=${target}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-npy', accept: 'application/octet-stream' },
    body: new Uint8Array(writeNpy(templates))
  })
  if (!response.ok) throw new Error(await response.text())
  const data = float32FromBytes(new Uint8Array(await response.arrayBuffer()))
  return { rows: templates.rows, cols: data.length / templates.rows, data }
}

/** The answers of /v1/verifications at FMR 1e-3 to mated and non-mated pairs across models. */
async function decisions (enrolled: Photograph[], templates: Record<string, TemplateMatrix>): Promise<void> {
  const random = createRandom(1)
  const byPerson = new Map<string, number[]>()
  enrolled.forEach(({ identity }, i) => byPerson.set(identity, [...byPerson.get(identity) ?? [], i]))
  // One mated comparison a person, so that each weighs the same.
  const mated = [...byPerson.values()].filter(rows => rows.length > 1).map(rows =>
    random.shuffle([...rows]).slice(0, 2) as [number, number]
  )
  const nonMated: [number, number][] = []
  while (nonMated.length < Number(options.decisions)) {
    const pair: [number, number] = [random.integer(enrolled.length), random.integer(enrolled.length)]
    if (enrolled[pair[0]]!.identity !== enrolled[pair[1]]!.identity) nonMated.push(pair)
  }
  console.log('\n| probe | reference | compared in | mated: match | non-mated: match |')
  console.log('|---|---|---|---|---|')
  for (const [a, b] of [['r512', 'dlib128'], ['r512', 'faceres1024'], ['dlib128', 'faceres1024']] as const) {
    const side = (model: string, i: number) => {
      const { cols, data } = templates[model]!
      return { template: { model, data: base64OfFloat32(data.subarray(i * cols, (i + 1) * cols)) } }
    }
    let comparedIn = ''
    const matches = async (pairs: [number, number][]) => {
      let count = 0
      await forEach(pairs, 8, async ([i, j]) => {
        const answer = await call<{ decision: string, comparisonSpace: { kind: string, model: string | null } }>(
          `${v1}/verifications`,
          postJson({ probe: side(a, i), reference: side(b, j), fmr: 1e-3 })
        )
        comparedIn = answer.comparisonSpace.model ?? `${answer.comparisonSpace.kind} space`
        if (answer.decision === 'match') count++
      })
      return `${count} of ${pairs.length}, ${percent(count / pairs.length)}`
    }
    const [matchedMated, matchedNonMated] = [await matches(mated), await matches(nonMated)]
    console.log(`| ${a} | ${b} | ${comparedIn} | ${matchedMated} | ${matchedNonMated} |`)
  }
}

async function metrics (
  probes: TemplateMatrix,
  references: TemplateMatrix | undefined,
  identity: Int32Array
): Promise<Metrics> {
  const comparisons = await compare(normaliseRows(probes), references && normaliseRows(references), identity, products)
  return measure(comparisons, 1, references === undefined)
}

/** The paper's baseline: the shorter vectors are continued with zeros, to the largest dimension of the pack. */
function pad (templates: TemplateMatrix): TemplateMatrix {
  const cols = 1024
  const data = new Float32Array(templates.rows * cols)
  for (let row = 0; row < templates.rows; row++) data.set(selectRows(templates, [row]).data, row * cols)
  return { rows: templates.rows, cols, data }
}

function row (names: string[], measured: Metrics, unaligned?: Metrics): void {
  const at = ({ operatingPoints }: Metrics) => operatingPoints.find(({ fmr }) => fmr === 1e-3)
  const point = at(measured)
  const interval = point?.interval == null
    ? ''
    : `${point.interval.lower.toFixed(3)} to ${point.interval.upper.toFixed(3)}`
  console.log(
    `| ${names.join(' | ')} | ${point?.tmr?.toFixed(3)} | ${interval} | ${
      unaligned === undefined ? '' : at(unaligned)?.tmr?.toFixed(3)
    } | ${measured.eer?.toFixed(3)} | ${measured.rank1?.toFixed(3)} |`
  )
}

function percent (share: number): string {
  return `${(100 * share).toFixed(2)} %`
}
