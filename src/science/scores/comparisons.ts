import { rowsByIdentity } from '../linear-algebra/identities.js'
import { rowRange, type Products, type TemplateMatrix } from '../linear-algebra/matrix.js'
import { HistogramBuilder, type ScoreHistogram } from './histogram.js'

/** Scores held at once, about 16 MB in single precision. */
const scoresPerBlock = 4_000_000

/** Every comparison between two sides. No image is compared with itself, but for `rank1SameImage`. */
export interface Comparisons {
  readonly nonMated: ScoreHistogram
  /** Scores of one identity's two different images, and whose they are. */
  readonly mated: { readonly scores: Float32Array, readonly identity: Int32Array }
  /** Per probe: rank 1 when the gallery is all other images; -1 when none of them shows the probe's identity. */
  readonly rank1: Int8Array
  /** Per probe: rank 1 when the gallery holds the probe's own image too. */
  readonly rank1SameImage: Int8Array
  /** (n), identity of each row */
  readonly identity: Int32Array
}

/**
 * Compares every probe with every reference by cosine. Row i of both sides is the same image.
 *
 * Between two spaces (i, j) and (j, i) are two comparisons; within one space they are one, which is counted once.
 * Ties at rank 1 count against the probe.
 *
 * @param probes (n, d), normalised rows
 * @param references (n, d), normalised rows; leave it out to compare probes among themselves
 * @param identity (n), index of the identity of each row
 */
export async function compare (
  probes: TemplateMatrix, references: TemplateMatrix | undefined, identity: Int32Array, products: Products
): Promise<Comparisons> {
  const n = probes.rows
  const within = references === undefined
  const gallery = references ?? probes
  if (gallery.rows !== n || identity.length !== n) {
    throw new RangeError(`expected as many probes, references and identities, received ${n}, ${gallery.rows} and ${identity.length}`)
  }
  const nonMated = new HistogramBuilder()
  const mated = matedStore(identity, within)
  const images = rowsByIdentity(identity)
  const best = new Float32Array(n).fill(-Infinity) // per probe, among other identities
  const bestMated = new Float32Array(n).fill(-Infinity) // per probe, among other images of its identity
  const own = new Float32Array(n).fill(within ? 1 : -Infinity)

  const blockRows = Math.max(1, Math.floor(scoresPerBlock / Math.max(1, n)))
  for (let start = 0; start < n; start += blockRows) {
    const end = Math.min(n, start + blockRows)
    const first = within ? start : 0
    const { data: scores, cols } = await products.multiply(
      rowRange(probes, start, end), rowRange(gallery, first, n), { transposeB: true }) // (end - start, n - first)
    for (let i = start; i < end; i++) {
      const row = (i - start) * cols - first
      const who = identity[i]!
      // Between the images of the probe's identity, which are few, all comparisons are non-mated: loops without a question.
      let from = within ? i + 1 : 0
      for (const j of images.get(who)!) {
        if (j < from) continue
        strangers(i, row, from, j)
        from = j + 1
        const score = scores[row + j]!
        if (j === i) {
          own[i] = score
          continue
        }
        mated.add(score, who)
        if (score > bestMated[i]!) bestMated[i] = score
        if (within && score > bestMated[j]!) bestMated[j] = score
      }
      strangers(i, row, from, n)
    }

    function strangers (i: number, row: number, from: number, to: number): void {
      nonMated.addRange(scores, row + from, row + to)
      let most = best[i]!
      for (let k = row + from; k < row + to; k++) if (scores[k]! > most) most = scores[k]!
      best[i] = most
      if (within) for (let j = from; j < to; j++) if (scores[row + j]! > best[j]!) best[j] = scores[row + j]!
    }
  }

  const rank1 = new Int8Array(n)
  const rank1SameImage = new Int8Array(n)
  for (let i = 0; i < n; i++) {
    rank1[i] = bestMated[i] === -Infinity ? -1 : Number(bestMated[i]! > best[i]!)
    rank1SameImage[i] = Number(Math.max(own[i]!, bestMated[i]!) > best[i]!)
  }
  return { nonMated: nonMated.finish(), mated: mated.finish(), rank1, rank1SameImage, identity }
}

/** Arrays of exactly the number of mated comparisons. */
function matedStore (identity: Int32Array, within: boolean) {
  const sizes = new Map<number, number>()
  for (const who of identity) sizes.set(who, (sizes.get(who) ?? 0) + 1)
  let total = 0
  for (const size of sizes.values()) total += size * (size - 1) / (within ? 2 : 1)
  const scores = new Float32Array(total)
  const owners = new Int32Array(total)
  let count = 0
  return {
    add (score: number, who: number): void {
      scores[count] = score
      owners[count++] = who
    },
    finish: () => ({ scores, identity: owners })
  }
}
