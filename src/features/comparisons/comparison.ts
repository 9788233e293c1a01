import { Problem } from '../../errors.js'
import { rowRange, type TemplateMatrix } from '../../science/linear-algebra/matrix.js'
import { type DecisionThreshold, thresholdAt, unsupported } from '../../science/scores/calibration.js'
import { type Disclosure, rateFor } from '../../science/scores/disclosure.js'
import { createTurns } from '../../platform/turns.js'
import type { Catalogue, KnownSpace, StoredMap } from '../catalogue/index.js'
import type { Translator } from '../translations/index.js'
import { type ComparedIn, type Comparing, comparingOf } from '../verifications/index.js'
import type { Comparer, ScoreBlock } from './comparer/comparer.js'

/**
 * Scores of a block: 1 MiB. The matrix may be larger than memory, so one block of it is there at a time; the product
 * for one, 87 probes with 3,000 references of 512 numbers, takes 3.5 ms.
 */
const blockScores = 2 ** 18
/** Numbers that are projected at once: 1 MiB. */
const projectedNumbers = 2 ** 18

/** Valid templates of one model. */
export interface SpaceTemplates {
  readonly space: KnownSpace
  /** (n, d), n at least 1 */
  readonly templates: TemplateMatrix
}

export interface ComparedSides {
  readonly probes: SpaceTemplates
  readonly references: SpaceTemplates
}

export interface Comparison extends DecisionThreshold {
  /** the false match rate of the threshold */
  readonly fmr: number
  readonly comparisonSpace: ComparedIn
  /** the map that the comparison space came with; none when both sides are of one space */
  readonly map: StoredMap | undefined
  /** rows and columns of the scores */
  readonly rows: number
  readonly columns: number
  /** multiplications, and bytes of memory that it takes while it lasts */
  readonly cost: number
  readonly bytes: number
  /**
   * Computes the scores in the order of their rows, each block when it is asked for.
   *
   * @param signal aborted when nobody waits for the scores any more: nothing is computed then
   * @throws Problem `map-retired`, `unavailable`, see `Catalogue.confirm`
   */
  blocks(signal: AbortSignal): AsyncGenerator<ScoreBlock, void>
}

interface ComparisonParts {
  readonly catalogue: Catalogue
  readonly translator: Translator
  readonly comparer: Comparer
  /** bytes of projected references that one comparison may hold */
  readonly maxBytes: number
}

/**
 * Compares every probe with every reference, where verifications compare them and with the same scores, see
 * `comparingOf`.
 */
export function createComparisons ({ catalogue, translator, comparer, maxBytes }: ComparisonParts) {
  /**
   * @param fmr false match rate of the threshold
   * @throws Problem `map-missing`, `body-too-large` when the projected references would take too much memory
   */
  return async function compare (
    { probes, references }: ComparedSides,
    { fmr: requested, disclosure }: { readonly fmr: number, readonly disclosure: Disclosure }
  ): Promise<Comparison> {
    const fmr = rateFor(disclosure, requested)
    const comparing = await comparingOf({ catalogue, translator }, probes.space, references.space, fmr)
    const { comparedIn, map, calibration } = comparing
    const [rows, columns] = [probes.templates.rows, references.templates.rows]
    const found = calibration === undefined ? unsupported : thresholdAt(calibration.comparisons, fmr)
    const bytes = columns * comparedIn.dimension * Float32Array.BYTES_PER_ELEMENT
    refuseTooMany(references, comparedIn, bytes)
    return {
      ...found,
      fmr,
      comparisonSpace: comparedIn,
      map,
      rows,
      columns,
      cost: rows * columns * comparedIn.dimension,
      bytes,
      blocks: signal =>
        blocksOf(comparing, disclosure === 'coarse' ? { threshold: found.threshold } : undefined, signal)
    }

    async function* blocksOf (
      { project, comparedIn: { dimension } }: Comparing,
      coarse: Parameters<Comparer['open']>[1],
      signal: AbortSignal
    ): AsyncGenerator<ScoreBlock, void> {
      const opened = comparer.open(await projectedReferences(), coarse)
      const rowsAtOnce = Math.max(1, Math.min(Math.floor(blockScores / columns), rowsPerProjection(probes)))
      for (let row = 0; row < rows; row += rowsAtOnce) {
        const some = await project('probe', copyOfRows(probes.templates, row, Math.min(rows, row + rowsAtOnce)))
        const own = { ...some, data: ownMemory(some.data) }
        for (let column = 0; column < columns; column += blockScores) {
          signal.throwIfAborted()
          const scores = await opened.score(own, column, Math.min(columns, column + blockScores))
          catalogue.confirm([map, calibration?.map])
          yield { row, column, scores }
        }
      }

      async function projectedReferences (): Promise<TemplateMatrix> {
        const all = { rows: columns, cols: dimension, data: new Float32Array(columns * dimension) } // (m, k)
        const turns = createTurns()
        const step = rowsPerProjection(references)
        for (let row = 0; row < columns; row += step) {
          signal.throwIfAborted()
          const part = await project('reference', copyOfRows(references.templates, row, Math.min(columns, row + step)))
          all.data.set(part.data, row * dimension)
          if (turns.over()) await turns.next()
        }
        return all
      }

      function rowsPerProjection ({ space }: SpaceTemplates): number {
        return Math.max(1, Math.floor(projectedNumbers / Math.max(space.dimension, dimension)))
      }
    }
  }

  /** A map may lead from few dimensions to many, so that the limit of the body does not bound what is projected. */
  function refuseTooMany ({ space, templates }: SpaceTemplates, { dimension }: ComparedIn, bytes: number): void {
    if (bytes <= maxBytes) return
    throw new Problem(
      'body-too-large',
      `references: expected at most ${Math.floor(maxBytes / 4 / dimension)} templates of model "${space.model}", ` +
        `since each takes ${dimension} numbers where it is compared, received ${templates.rows}`
    )
  }
}

/** Posting a view to a thread copies its whole buffer, and the rows of a request are views of its body. */
const copyOfRows = (templates: TemplateMatrix, start: number, end: number): TemplateMatrix => {
  const { rows, cols, data } = rowRange(templates, start, end)
  return { rows, cols, data: data.slice() }
}

const ownMemory = (data: Float32Array): Float32Array => data.byteLength === data.buffer.byteLength ? data : data.slice()
