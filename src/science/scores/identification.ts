import { concatenate } from '../linear-algebra/concatenate.js'
import { mean } from '../linear-algebra/sums.js'
import { rowsByIdentity } from '../linear-algebra/identities.js'
import { assertSameRows, type ComparedSides } from './comparisons.js'
import { visitScores } from './score-rows.js'
import { closed, nullable, nullableRate } from '../schemas.js'
import { Type, type Static } from 'typebox'
import type { Products, TemplateMatrix } from '../linear-algebra/matrix.js'
import { bootstrapMeans } from './bootstrap.js'

const Rate = (description: string) => Type.Number({ minimum: 0, maximum: 1, description })

export const IdentificationRates = Type.Object({
  probes: Type.Integer({ minimum: 0, description: 'Probes with a mate in the gallery: closed-set identification' }),
  identities: Type.Integer({ minimum: 0, description: 'Identities among them' }),
  gallery: Type.Integer({ minimum: 0, description: 'Images that each probe is compared with' }),
  rank1: nullableRate('Share of probes whose best reference is a mate, identities weighing the same'),
  rank1Interval: nullable(
    Type.Object({ lower: Rate('2.5 % quantile'), upper: Rate('97.5 % quantile') }, closed),
    '95 % interval of rank1, by bootstrap over identities'
  ),
  rank5: nullableRate('Share of probes with a mate among the best 5; null when the gallery is smaller'),
  rank10: nullableRate('As rank5, of 10'),
  rank20: nullableRate('As rank5, of 20'),
  meanAveragePrecision: nullableRate('Mean over probes of the average precision, identities weighing the same'),
  meanAveragePrecisionPooled: nullableRate('The same, probes weighing the same'),
  cmc: Type.Array(
    Type.Object({
      rank: Type.Integer({ minimum: 1 }),
      rate: Rate('Share of probes with a mate at this rank or a better one, identities weighing the same'),
      ratePooled: Rate('The same, probes weighing the same')
    }, closed),
    {
      description: 'Cumulative match characteristic: every rank to 20, then 50, 100, 200, ... to the size of the ' +
        'gallery'
    }
  )
}, { ...closed, description: 'Null stands for what the data cannot tell' })
export type IdentificationRates = Static<typeof IdentificationRates>

export const Identification = Type.Object({
  otherImages: { ...IdentificationRates, description: 'The gallery is every other image: what identification is for' },
  sameImage: Type.Union([IdentificationRates, Type.Null()], {
    description: "As the paper has it: the gallery holds the probe's own image too, which rewards recognising the " +
      'image. Null within one space, where it says nothing'
  })
}, { ...closed, description: 'Identification of every image among the others. Ties count against the probe' })
export type Identification = Static<typeof Identification>

/** The ranks of each probe's mates. */
interface ProbeRanks {
  /** (n), rank of the best mate; 0 without a mate in the gallery */
  readonly rank: Int32Array
  /** (n), average precision over all mates; 0 without a mate in the gallery */
  readonly averagePrecision: Float64Array
}

export interface IdentifiedProbes {
  /** images that each probe was ranked against, its own among them; the fewest where galleries differ */
  readonly gallery: number
  readonly otherImages: ProbeRanks
  /** undefined within one space */
  readonly sameImage: ProbeRanks | undefined
}

/**
 * Ranks the gallery for every probe. A mate's position counts every non-mated reference with the same score or a higher
 * one, so ties count against the probe; other mates do not count.
 *
 * @param probes (n, d), normalised rows
 * @param references (n, d), normalised rows, row i the same image as probe i; omit to search the probes among
 *   themselves
 * @param identity (n), index of the identity of each row
 * @param ownImage (n), the reference of the image of each probe, -1 where there is none; row i of both when omitted
 */
export async function identify (
  probes: TemplateMatrix,
  references: TemplateMatrix | undefined,
  identity: Int32Array,
  products: Products,
  ownImage?: Int32Array
): Promise<IdentifiedProbes> {
  const n = probes.rows
  const gallery = references ?? probes
  assertSameRows(probes, gallery, identity)
  const rowsOf = rowsByIdentity(identity)
  const otherImages = emptyRanks(n)
  const sameImage = references === undefined || ownImage !== undefined ? undefined : emptyRanks(n)

  await visitScores(probes, gallery, products, (i, scores, offset) => {
    const row = scores.subarray(offset, offset + n)
    const rows = rowsOf.get(identity[i]!)!
    const own = ownImage === undefined ? i : ownImage[i]!
    const candidates = sameImage === undefined ? rows.filter(j => j !== own) : [...rows]
    if (candidates.length === 0) return
    const mates = candidates.sort((a, b) => row[b]! - row[a]!)
    const ahead = nonMatesAhead(row, mates.map(j => row[j]!), identity, identity[i]!)
    rank(otherImages, i, ahead.filter((_, k) => mates[k] !== own))
    if (sameImage !== undefined) rank(sameImage, i, ahead)
  })
  return { gallery: n, otherImages, sameImage }
}

/** As `identify`, within each part and not between parts: the ranks of all probes. */
export async function identifyParts (parts: readonly ComparedSides[], products: Products): Promise<IdentifiedProbes> {
  const found: IdentifiedProbes[] = []
  for (const { probes, references, identity, other } of parts) {
    found.push(await identify(probes, references, identity, products, other?.ownImage))
  }
  const same = found.flatMap(({ sameImage }) => sameImage ?? [])
  return {
    gallery: Math.min(...found.map(({ gallery }) => gallery)),
    otherImages: joined(found.map(({ otherImages }) => otherImages)),
    sameImage: same.length === 0 ? undefined : joined(same)
  }
}

function joined (parts: readonly ProbeRanks[]): ProbeRanks {
  return {
    rank: concatenate(parts.map(({ rank }) => rank)),
    averagePrecision: concatenate(parts.map(({ averagePrecision }) => averagePrecision))
  }
}

/**
 * For each mate, the number of non-mated references with the same score or a higher one.
 * @param mateScores from high to low
 */
function nonMatesAhead (
  row: Float32Array,
  mateScores: readonly number[],
  identity: Int32Array,
  who: number
): Int32Array {
  const ahead = new Int32Array(mateScores.length)
  const lowest = mateScores.at(-1)!
  for (let j = 0; j < row.length; j++) {
    const score = row[j]!
    if (score < lowest || identity[j] === who) continue
    // The best mate that this reference is not below.
    let low = 0
    let high = mateScores.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (mateScores[middle]! <= score) high = middle
      else low = middle + 1
    }
    ahead[low] = ahead[low]! + 1
  }
  for (let k = 1; k < ahead.length; k++) ahead[k] = ahead[k]! + ahead[k - 1]!
  return ahead
}

function rank ({ rank, averagePrecision }: ProbeRanks, probe: number, ahead: Int32Array): void {
  if (ahead.length === 0) return
  rank[probe] = 1 + ahead[0]!
  let sum = 0
  for (let k = 0; k < ahead.length; k++) sum += (k + 1) / (k + 1 + ahead[k]!)
  averagePrecision[probe] = sum / ahead.length
}

const emptyRanks = (n: number): ProbeRanks => ({ rank: new Int32Array(n), averagePrecision: new Float64Array(n) })

/**
 * The rates of identification.
 * @param identity (n), index of the identity of each probe
 * @param seed of the bootstrap
 */
export function identificationRates (
  { gallery, otherImages, sameImage }: IdentifiedProbes,
  identity: Int32Array,
  seed: number
): Identification {
  return {
    otherImages: ratesOf(otherImages, identity, gallery - 1, seed),
    sameImage: sameImage === undefined ? null : ratesOf(sameImage, identity, gallery, seed)
  }
}

function ratesOf (
  { rank, averagePrecision }: ProbeRanks,
  identity: Int32Array,
  gallery: number,
  seed: number
): IdentificationRates {
  const probes = Array.from(rank.keys()).filter(i => rank[i]! > 0)
  if (probes.length === 0) {
    return {
      probes: 0,
      identities: 0,
      gallery,
      rank1: null,
      rank1Interval: null,
      rank5: null,
      rank10: null,
      rank20: null,
      meanAveragePrecision: null,
      meanAveragePrecisionPooled: null,
      cmc: []
    }
  }
  const groups = rowsByIdentity(identity, probes)
  const byIdentity = (value: (probe: number) => number) =>
    Float64Array.from(groups.values(), group => group.reduce((sum, i) => sum + value(i), 0) / group.length)
  const pooled = (value: (probe: number) => number) => probes.reduce((sum, i) => sum + value(i), 0) / probes.length
  const within = (limit: number) => (i: number) => Number(rank[i]! <= limit)
  const rateAt = (limit: number) => limit > gallery ? null : meanRate(byIdentity(within(limit)))
  return {
    probes: probes.length,
    identities: groups.size,
    gallery,
    rank1: rateAt(1),
    rank1Interval: bootstrapMeans([byIdentity(within(1))], seed)[0]!,
    rank5: rateAt(5),
    rank10: rateAt(10),
    rank20: rateAt(20),
    meanAveragePrecision: meanRate(byIdentity(i => averagePrecision[i]!)),
    meanAveragePrecisionPooled: pooled(i => averagePrecision[i]!),
    cmc: cmcRanks(gallery).map(
      limit => ({ rank: limit, rate: meanRate(byIdentity(within(limit))), ratePooled: pooled(within(limit)) })
    )
  }
}

/** Every rank to 20, then 50, 100, 200, ... and the size of the gallery. */
function cmcRanks (gallery: number): number[] {
  const ranks = Array.from({ length: Math.min(20, gallery) }, (_, k) => k + 1)
  for (let decade = 10; decade <= gallery; decade *= 10) {
    ranks.push(...[1, 2, 5].map(factor => factor * decade).filter(rank => rank > 20 && rank < gallery))
  }
  if (gallery > 20) ranks.push(gallery)
  return ranks
}

/** Mean of rates: rounding of the sum must not make it exceed 1. */
const meanRate = (values: Float64Array): number => Math.min(1, mean(values))
