import { visitScores } from './score-rows.js'
import { concatenate } from '../linear-algebra/concatenate.js'
import { rowsByIdentity } from '../linear-algebra/identities.js'
import { selectRows, type Products, type TemplateMatrix } from '../linear-algebra/matrix.js'
import { HistogramBuilder, type ScoreHistogram } from './histogram.js'

/** All comparisons between two sides. No image is compared with itself, except for `rank1SameImage`. */
export interface Comparisons {
  readonly nonMated: ScoreHistogram
  /** Scores of two different images of one identity, and that identity. */
  readonly mated: { readonly scores: Float32Array, readonly identity: Int32Array }
  /** Per probe: rank 1 when the gallery is all other images; -1 when none of them shows the probe's identity. */
  readonly rank1: Int8Array
  /** Per probe: rank 1 when the gallery holds the probe's own image too. */
  readonly rank1SameImage: Int8Array
  /** (n), identity of each row */
  readonly identity: Int32Array
}

/**
 * Templates to compare: every probe with every reference, or the probes among themselves. Row i of both sides is one
 * image, unless the references are described by themselves.
 */
export interface ComparedSides {
  /** (n, k), such that inner products are comparison scores */
  readonly probes: TemplateMatrix
  readonly references: TemplateMatrix | undefined
  /** (n), index of the identity of each row */
  readonly identity: Int32Array
  /** how the references relate to the probes, where row i of both is not one image */
  readonly other?: OtherReferences | undefined
  /** whether rows i and j score what rows j and i do, although the sides differ: one comparison, counted once */
  readonly symmetric?: boolean | undefined
}

/** Whether (i, j) and (j, i) are one comparison. */
export function isUnordered ({ references, symmetric }: Pick<ComparedSides, 'references' | 'symmetric'>): boolean {
  return references === undefined || symmetric === true
}

/** References that are not row by row the images of the probes. */
export interface OtherReferences {
  /** (m), index of the identity of each reference */
  readonly identity: Int32Array
  /** (n), the reference of the image of each probe, which it is not compared with; -1 where there is none */
  readonly ownImage: Int32Array
}

/** Some rows of both sides, where row i of both is of one identity. */
export function selectCompared (
  { probes, references, identity, other, symmetric }: ComparedSides,
  rows: readonly number[]
): ComparedSides {
  const places = new Map(rows.map((row, place) => [row, place]))
  const own = Int32Array.from(rows, row => identity[row]!)
  return {
    probes: selectRows(probes, rows),
    references: references && selectRows(references, rows),
    identity: own,
    symmetric,
    ...(other === undefined
      ? {}
      : { other: { identity: own, ownImage: Int32Array.from(rows, row => places.get(other.ownImage[row]!) ?? -1) } })
  }
}

/**
 * Compares within each part and not between parts, and pools the scores. The parts are the folds of a cross-fitting:
 * each has a model of its own, which none of its identities fitted. Ranks are those within a part.
 *
 * @param parts at least one; no identity is in two
 */
export async function compareParts (parts: readonly ComparedSides[], products: Products): Promise<Comparisons> {
  if (parts.length === 0) throw new RangeError('expected at least one part, received none')
  const nonMated = new HistogramBuilder()
  const all: Omit<Comparisons, 'nonMated'>[] = []
  for (const part of parts) all.push(await compareInto(nonMated, part, products))
  return {
    nonMated: nonMated.finish(),
    mated: {
      scores: concatenate(all.map(({ mated }) => mated.scores)),
      identity: concatenate(all.map(({ mated }) => mated.identity))
    },
    rank1: concatenate(all.map(({ rank1 }) => rank1)),
    rank1SameImage: concatenate(all.map(({ rank1SameImage }) => rank1SameImage)),
    identity: concatenate(all.map(({ identity }) => identity))
  }
}

/**
 * Compares every probe with every reference by cosine. Row i of both sides is the same image, unless `other` says
 * otherwise.
 *
 * Between two spaces (i, j) and (j, i) are two comparisons; within one space they are the same one, counted once.
 * Ties at rank 1 count against the probe.
 *
 * @param probes (n, d), normalised rows
 * @param references (n, d), normalised rows; omit to compare the probes among themselves
 * @param identity (n), index of the identity of each row
 */
export async function compare (
  probes: TemplateMatrix,
  references: TemplateMatrix | undefined,
  identity: Int32Array,
  products: Products,
  other?: OtherReferences
): Promise<Comparisons> {
  const nonMated = new HistogramBuilder()
  const rest = await compareInto(nonMated, { probes, references, identity, other }, products)
  return { nonMated: nonMated.finish(), ...rest }
}

/** As `compare`, with the non-mated scores added to those of other parts: a histogram takes 8 MB. */
async function compareInto (
  nonMated: HistogramBuilder,
  { probes, references, identity, other, symmetric }: ComparedSides,
  products: Products
): Promise<Omit<Comparisons, 'nonMated'>> {
  const within = isUnordered({ references, symmetric })
  if (other === undefined || references === undefined) assertSameRows(probes, references ?? probes, identity)
  else assertDescribed(probes, references, identity, other)
  const n = probes.rows
  const m = (references ?? probes).rows
  const images = rowsByIdentity(other?.identity ?? identity)
  const ownImage = (i: number) => other === undefined ? i : other.ownImage[i]!
  const mated = matedStore(countMated(identity, images, ownImage, within))
  const best = new Float32Array(n).fill(-Infinity) // per probe, among other identities
  const bestMated = new Float32Array(n).fill(-Infinity) // per probe, among other images of its identity
  const own = new Float32Array(n).fill(within ? 1 : -Infinity)

  await visitScores(probes, references, products, (i, scores, offset) => {
    const who = identity[i]!
    // The few images of the probe's identity split the row into runs of non-mated comparisons, scanned without a test.
    let from = within ? i + 1 : 0
    for (const j of images.get(who) ?? []) {
      if (j < from) continue
      addNonMated(i, scores, offset, from, j)
      from = j + 1
      const score = scores[offset + j]!
      if (j === ownImage(i)) {
        own[i] = score
        continue
      }
      mated.add(score, who)
      if (score > bestMated[i]!) bestMated[i] = score
      if (within && score > bestMated[j]!) bestMated[j] = score
    }
    addNonMated(i, scores, offset, from, m)
  })

  function addNonMated (i: number, scores: Float32Array, offset: number, from: number, to: number): void {
    nonMated.addRange(scores, offset + from, offset + to)
    let highest = best[i]!
    for (let k = offset + from; k < offset + to; k++) if (scores[k]! > highest) highest = scores[k]!
    best[i] = highest
    if (within) { for (let j = from; j < to; j++) if (scores[offset + j]! > best[j]!) best[j] = scores[offset + j]! }
  }

  const rank1 = new Int8Array(n)
  const rank1SameImage = new Int8Array(n)
  for (let i = 0; i < n; i++) {
    rank1[i] = bestMated[i] === -Infinity ? -1 : Number(bestMated[i]! > best[i]!)
    rank1SameImage[i] = Number(Math.max(own[i]!, bestMated[i]!) > best[i]!)
  }
  return { mated: mated.finish(), rank1, rank1SameImage, identity }
}

/** @throws RangeError when probes, references and identities are not one per image */
export function assertSameRows (probes: TemplateMatrix, references: TemplateMatrix, identity: Int32Array): void {
  const n = probes.rows
  if (references.rows !== n || identity.length !== n) {
    throw new RangeError(
      `expected as many probes, references and identities, received ${n}, ${references.rows} and ${identity.length}`
    )
  }
}

function assertDescribed (
  probes: TemplateMatrix,
  references: TemplateMatrix,
  identity: Int32Array,
  { identity: others, ownImage }: OtherReferences
): void {
  if (identity.length !== probes.rows || ownImage.length !== probes.rows || others.length !== references.rows) {
    throw new RangeError(
      `expected an identity and an own image per probe and an identity per reference, received ${identity.length} and ` +
        `${ownImage.length} for ${probes.rows} probes and ${others.length} for ${references.rows} references`
    )
  }
}

function countMated (
  identity: Int32Array,
  images: ReadonlyMap<number, readonly number[]>,
  ownImage: (probe: number) => number,
  within: boolean
): number {
  let total = 0
  for (const [i, who] of identity.entries()) total += (images.get(who)?.length ?? 0) - (ownImage(i) === -1 ? 0 : 1)
  return within ? total / 2 : total
}

/** Arrays of exactly as many elements as there are mated comparisons. */
function matedStore (total: number) {
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
