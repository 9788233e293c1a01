import { availableParallelism } from 'node:os'
import { createEngineProducts } from '../../src/engines/onnx/products.js'
import { digestOfNumbers } from '../../src/science/alignment/map-codec.js'
import { runConnect } from '../../src/features/connect/connect.js'
import { openPostgresEnd } from '../../src/features/connect/postgres/end.js'
import { createTranslator } from '../../src/features/translations/index.js'
import { openDatabase } from '../../src/platform/database/open-database.js'
import { fitMap } from '../../src/science/fitting/fit-map.js'
import type { Products, TemplateMatrix } from '../../src/science/linear-algebra/matrix.js'
import { rowRange } from '../../src/science/linear-algebra/matrix.js'
import { normaliseRows } from '../../src/science/linear-algebra/normalise.js'
import { thresholdAt } from '../../src/science/scores/calibration.js'
import { templateOnlyFingerprint } from '../../src/science/template/space.js'
import { fillFaces, readFaces } from '../../test/features/connect/tables.js'
import { createDatabase } from '../../test/support/postgres-server.js'
import { sharedPairs, sharedTemplates } from '../../test/support/shared-templates.js'

/** False match rates among which that of the groups is chosen, on the people that the map was fitted on. */
const rates = [1e-4, 3e-5, 1e-5, 3e-6, 1e-6]
const source = 'r512'

/**
 * Whether the people of an application stay who they are: templates of LFW in a table are grouped by a threshold, once
 * as they are and once after `crosswalk connect`, and the groups are compared by the adjusted Rand index (Hubert and
 * Arabie 1985). Maps are fitted on CelebA, and the false match rate of both thresholds is the one whose groups agree
 * best with the people of CelebA before any migration.
 */
export async function reportPeople (
  { server, targets, print }: {
    readonly server: string
    readonly targets: readonly string[]
    readonly print: (line: string) => void
  }
): Promise<void> {
  const products = createEngineProducts({ threads: availableParallelism() })
  const known = sharedTemplates('celeba', source)
  const people = sharedTemplates('lfw', source)
  for (const target of targets) {
    const { map, card } = await fitMap(sharedPairs('celeba', source, target), {}, products)
    const threshold = (side: 'source' | 'target' | 'translated', rate: number) =>
      thresholdAt(card.calibration[side]!, rate).threshold ?? Infinity
    let best = { rate: rates[0]!, index: -1 }
    for (const rate of rates) {
      const groups = await groupsOf(known.templates, threshold('source', rate), products)
      const index = adjustedRandIndex(groups, numbered(known.identities))
      if (index > best.index) best = { rate, index }
    }
    const { rate } = best
    const translated = await migrated(server, people.templates, map, target)
    const [before, after] = [
      await groupsOf(people.templates, threshold('source', rate), products),
      await groupsOf(translated, threshold('translated', rate), products)
    ]
    const own = await groupsOf(sharedTemplates('lfw', target).templates, threshold('target', rate), products)
    const who = numbered(people.identities)
    const agree = (a: Int32Array, b: Int32Array) => adjustedRandIndex(a, b).toFixed(4)
    print(
      `people  ${source} to ${target}, LFW, ${before.length} templates grouped at a false match rate of ${rate}: ` +
        `adjusted Rand index of the groups before and after ${agree(before, after)}; of the groups and the people ` +
        `${agree(before, who)} before, ${agree(after, who)} after, and ${
          agree(own, numbered(sharedTemplates('lfw', target).identities))
        } of groups of ${target}'s own templates`
    )
  }
}

/** What a table holds after `crosswalk connect`, in the order in which it was filled. */
async function migrated (
  server: string,
  templates: TemplateMatrix,
  map: Awaited<ReturnType<typeof fitMap>>['map'],
  target: string
): Promise<TemplateMatrix> {
  const { url, drop } = await createDatabase(server)
  const database = await openDatabase({ url })
  const translator = createTranslator({ threads: 1 })
  const dimension = map.meanTarget.length
  try {
    await fillFaces(database, 'real[]', templates)
    const end = await openPostgresEnd(database, { table: 'faces', id: 'id', column: 'template' })
    const space = (id: string, length: number) => ({
      model: id,
      fingerprint: templateOnlyFingerprint({ id, version: '1', dimension: length }),
      dimension: length
    })
    await runConnect(
      end.migration({
        map: target,
        numbersSha256: digestOfNumbers(map),
        source: space(source, templates.cols),
        target: space(target, dimension),
        pageRows: 1000
      }),
      { translate: async page => await translator.translate(map, page), inspect: async () => null },
      { guard: 'off', onBad: 'stop', stopBeforeSwap: false },
      { onProgress: () => {}, say: () => {} },
      new AbortController().signal
    )
    const found = await readFaces(database)
    const data = new Float32Array(templates.rows * dimension) // (n, dTarget)
    for (let row = 0; row < templates.rows; row++) data.set(found.get(String(row + 1))!, row * dimension)
    return { rows: templates.rows, cols: dimension, data }
  } finally {
    await translator.close()
    await database.close()
    await drop()
  }
}

/** Groups of templates that chains of cosines of at least the threshold connect. @returns (n) number of the group */
async function groupsOf (templates: TemplateMatrix, threshold: number, products: Products): Promise<Int32Array> {
  const unit = normaliseRows(templates)
  const parent = Int32Array.from({ length: unit.rows }, (_, row) => row)
  const root = (row: number): number => {
    while (parent[row] !== row) row = parent[row] = parent[parent[row]!]!
    return row
  }
  const block = 512
  for (let from = 0; from < unit.rows; from += block) {
    const part = rowRange(unit, from, Math.min(unit.rows, from + block))
    const { data } = await products.multiply(part, unit, { transposeB: true })
    for (let i = 0; i < part.rows; i++) {
      for (let other = from + i + 1; other < unit.rows; other++) {
        if (data[i * unit.rows + other]! >= threshold) parent[root(from + i)] = root(other)
      }
    }
  }
  return parent.map((_, row) => root(row))
}

function numbered (names: readonly string[]): Int32Array {
  const numbers = new Map<string, number>()
  return Int32Array.from(names, name => {
    const number = numbers.get(name) ?? numbers.size
    numbers.set(name, number)
    return number
  })
}

/** 1 for the same groups, 0 for chance. @param a, b (n) number of the group of each */
function adjustedRandIndex (a: Int32Array, b: Int32Array): number {
  const tally = (keys: Iterable<string>) => {
    const counts = new Map<string, number>()
    for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
    let pairs = 0
    for (const count of counts.values()) pairs += count * (count - 1) / 2
    return pairs
  }
  const rows = Array.from(a.keys())
  const [both, ofA, ofB] = [
    tally(rows.map(row => `${a[row]} ${b[row]}`)),
    tally(rows.map(row => String(a[row]))),
    tally(rows.map(row => String(b[row])))
  ]
  const expected = ofA * ofB / (rows.length * (rows.length - 1) / 2)
  return (both - expected) / ((ofA + ofB) / 2 - expected)
}
