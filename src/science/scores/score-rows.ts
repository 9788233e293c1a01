import { rowRange, type Products, type TemplateMatrix } from '../linear-algebra/matrix.js'

/** Scores held at once, about 16 MB in single precision: memory must not grow with the square of the images. */
const scoresPerBlock = 4_000_000

/**
 * Receives the scores of one probe: that of reference j is `scores[offset + j]`. They are valid during the call only.
 */
export type ScoreRowVisitor = (probe: number, scores: Float32Array, offset: number) => void

/**
 * Scores every probe against every reference, a block of probes at a time.
 *
 * @param probes (n, d), such that inner products with references are comparison scores
 * @param references (m, d); undefined to score the probes among themselves, each against itself and those after it
 */
export async function visitScores (
  probes: TemplateMatrix,
  references: TemplateMatrix | undefined,
  products: Products,
  visit: ScoreRowVisitor
): Promise<void> {
  const gallery = references ?? probes
  const blockRows = Math.max(1, Math.floor(scoresPerBlock / Math.max(1, gallery.rows)))
  for (let start = 0; start < probes.rows; start += blockRows) {
    const end = Math.min(probes.rows, start + blockRows)
    const first = references === undefined ? start : 0
    const { data: scores, cols } = await products.multiply(
      rowRange(probes, start, end),
      rowRange(
        gallery,
        first,
        gallery.rows
      ),
      { transposeB: true }
    ) // (end - start, m - first)
    for (let i = start; i < end; i++) visit(i, scores, (i - start) * cols - first)
  }
}
