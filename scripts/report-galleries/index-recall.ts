import { join } from 'node:path'
import { figure } from '../../bench/rounds.js'
import { figuresTable, markdownTable, type MeasureOptions, type Section } from '../../bench/section.js'
import { rowRange, selectRows, type TemplateMatrix } from '../../src/science/linear-algebra/matrix.js'
import { normaliseRows } from '../../src/science/linear-algebra/normalise.js'
import { createRandom } from '../../src/science/linear-algebra/random.js'
import { createExactSearch, type ExactSearch } from '../../src/features/galleries/search/exact-search.js'
import { createReferenceRows, type ReferenceBatch } from '../../src/features/galleries/search/reference-rows.js'
import type { Database } from '../../src/platform/database/database.js'
import { openDatabase } from '../../src/platform/database/open-database.js'
import { migrate } from '../../src/platform/database/migrations.js'
import { defaults, openVectorIndex, type VectorIndex } from '../../src/features/galleries/store/vector-index.js'
import { storeGallery } from '../../test/support/stored-fixtures.js'
import { readTemplates } from '../templates-folder.js'
import { syntheticGallery } from './synthetic-gallery.js'

export interface RecallReportOptions extends Pick<MeasureOptions, 'log'> {
  /** folder with a subfolder per data set; without it there is the synthetic gallery alone */
  readonly data: string
  /** of the synthetic gallery */
  readonly references: number
}

interface Gallery {
  readonly name: string
  /** null for what is only shown */
  readonly target: number | null
  readonly references: TemplateMatrix
  readonly probes: TemplateMatrix
}

const seed = 1
const best = 10
const probeCount = 300
const probesAtOnce = 50
const rowsAtOnce = 1000
const breadths = [20, 40, 100, 200, 400]

/** How many of the ten best references the index finds, by the breadth of its search, in the embedded database. */
export async function reportIndexRecall ({ data, references, log }: RecallReportOptions): Promise<Section> {
  const database = await openDatabase({ memory: true })
  const search = createExactSearch({ threads: 1 })
  try {
    await migrate(database)
    const index = await openVectorIndex(database)
    if (index === undefined) throw new Error('expected pgvector in the embedded database')
    const galleries = [synthetic(references), await photographs(data)].filter(gallery => gallery !== undefined)
    const measured: { gallery: Gallery, recalls: number[] }[] = []
    for (const gallery of galleries) {
      log(`index of ${gallery.name}`)
      const recalls = await recallsOf(gallery, index, search, database)
      measured.push({ gallery, recalls })
      log(`  ${recalls.map((recall, at) => `efSearch ${breadths[at]}: ${recall.toFixed(4)}`).join(', ')}`)
    }
    const atDefault = breadths.indexOf(defaults.efSearch)
    const figures = measured.map(({ gallery, recalls }) =>
      figure(`recall@${best} at the default, ${gallery.name}`, [recalls[atDefault]!], gallery.target)
    )
    return {
      title: 'Index',
      figures,
      markdown: [
        `pgvector ${index.version}: HNSW over half precision, m = ${defaults.m}, efConstruction = ` +
        `${defaults.efConstruction}; efSearch is ${defaults.efSearch} by default. ` +
        `The share of the ${best} best references by exact search that are among the ${best} found by the index, ` +
        `over ${probeCount} probes. Synthetic people lie ` +
        'anywhere on the sphere, so that all but the best are about equally far: the hardest case, and irrelevant ' +
        'to identification.',
        markdownTable(
          ['efSearch', ...measured.map(({ gallery }) => gallery.name)],
          breadths.map((breadth, at) => [String(breadth), ...measured.map(({ recalls }) => recalls[at]!.toFixed(4))])
        ),
        figuresTable(figures)
      ].join('\n\n')
    }
  } finally {
    await search.close()
    await database.close()
  }
}

function synthetic (references: number): Gallery {
  const gallery = syntheticGallery(512, seed)
  return {
    name: `${references.toLocaleString('en-US')} synthetic templates`,
    target: null,
    references: gallery.templates(0, references, 0),
    probes: gallery.templates(0, probeCount, 1)
  }
}

/** Templates of photographs, of which some are drawn to be probes. @returns undefined when they are not here */
async function photographs (data: string): Promise<Gallery | undefined> {
  const found = await readTemplates(join(data, 'lfw'), ['r512']).catch(() => undefined)
  if (found === undefined) return undefined
  const templates = normaliseRows(found.templates[0]!)
  const drawn = createRandom(seed).shuffle(Array.from({ length: templates.rows }, (_, row) => row))
  return {
    name: `${(templates.rows - probeCount).toLocaleString('en-US')} templates of r512, lfw`,
    target: 0.99,
    references: selectRows(templates, drawn.slice(probeCount)),
    probes: selectRows(templates, drawn.slice(0, probeCount))
  }
}

async function recallsOf (
  { name, references, probes }: Gallery,
  index: VectorIndex,
  search: ExactSearch,
  database: Database
): Promise<number[]> {
  const rows = createReferenceRows(references.cols)
  const view = await index.create(
    await storeGallery(database, Array.from({ length: references.rows }, (_, i) => i + 1)),
    { key: name, dimension: references.cols, epoch: 1 }
  )
  for (let start = 0; start < references.rows; start += rowsAtOnce) {
    const added = batchOf(references, start, Math.min(references.rows, start + rowsAtOnce))
    rows.append(added)
    await index.advance(view, { since: start, position: start + rowsAtOnce, added })
  }
  rows.publish()
  await index.build(view)
  const exact = await search.search(rows.snapshot(), { probes, best })
  const recalls = []
  for (const efSearch of breadths) {
    let found = 0
    for (let start = 0; start < probes.rows; start += probesAtOnce) {
      const lists = await index.candidates(view, {
        probes: rowRange(probes, start, Math.min(probes.rows, start + probesAtOnce)),
        limit: best,
        efSearch
      })
      lists.forEach((list, at) => {
        const wanted = new Set(exact[start + at]!.map(({ ordinal }) => ordinal))
        found += list.filter(({ ordinal }) => wanted.has(ordinal)).length
      })
    }
    recalls.push(found / (probes.rows * best))
  }
  await index.drop(view)
  return recalls
}

/** Every reference is a subject of its own: what is asked for is references. */
function batchOf (references: TemplateMatrix, start: number, end: number): ReferenceBatch {
  const ordinals = Float64Array.from({ length: end - start }, (_, i) => start + i + 1)
  return { vectors: rowRange(references, start, end), subjects: ordinals, ordinals }
}
