import { mean } from '../linear-algebra/sums.js'
import { closed, nullable, nullableNumber, nullableRate } from '../schemas.js'
import { isSupported } from '../scores/support.js'
import { Type, type Static } from 'typebox'
import type { Products, TemplateMatrix } from '../linear-algebra/matrix.js'
import { bootstrapMeans } from '../scores/bootstrap.js'
import { compareParts, selectCompared, type ComparedSides } from '../scores/comparisons.js'
import { fractionAtOrAbove } from '../scores/histogram.js'
import { trueMatchRates, type Metrics } from '../scores/metrics.js'

/** Rates to break down, in order of preference. */
const rates: readonly number[] = [1e-3, 1e-2, 1e-1]
/** A card lists this many groups, the largest. */
const maxGroups = 50
/** Below this number a bootstrap interval says little. */
const minIdentities = 10

const Group = Type.Object({
  group: Type.String(),
  pairs: Type.Integer({ minimum: 1, description: 'Held-out pairs of the group' }),
  matedIdentities: Type.Integer({ minimum: 0, description: 'Identities with two images of the group' }),
  nonMatedComparisons: Type.Integer({ minimum: 0, description: 'Comparisons of different identities of the group' }),
  tmr: nullableRate('True match rate at the common threshold, identities weighing the same; null without mates'),
  interval: nullable(Type.Object({ lower: Type.Number(), upper: Type.Number() }, closed), 'Its 95 % interval'),
  fmr: nullableRate(
    'False match rate at the common threshold; null when the comparisons of the group do not support one'
  )
}, closed)

export const Groups = Type.Object({
  fmr: nullableNumber(
    'False match rate over everybody at the common threshold; null when none is supported, and with it everything else'
  ),
  threshold: nullableNumber('The threshold of every row: what an operator sets for everybody'),
  unlabelled: Type.Integer({ minimum: 0, description: 'Held-out pairs without group' }),
  unlisted: Type.Integer({ minimum: 0, description: 'Groups left out: the 50 largest are listed' }),
  rows: Type.Array(Group, { description: 'Comparisons among images of one group, the largest group first' })
}, { ...closed, description: "The map's figures by group, on held-out pairs, at one threshold" })
export type Groups = Static<typeof Groups>

interface TranslatedSides extends ComparedSides {
  readonly references: TemplateMatrix
}

/**
 * The rates of each group at the threshold that is set for everybody: the differential performance of ISO/IEC 19795-10.
 *
 * @param parts translated templates against target templates, as `compareParts` takes them
 * @param groups per part (n), null where unknown
 * @param overall metrics of all these parts together
 * @param seed of the bootstrap
 * @returns null when nobody has a group label
 */
export async function measureGroups (
  parts: readonly TranslatedSides[],
  groups: readonly (readonly (string | null)[])[],
  overall: Metrics,
  seed: number,
  products: Products
): Promise<Groups | null> {
  const rowsOf = new Map<string, number[][]>() // by group: the rows in each part
  let unlabelled = 0
  groups.forEach((labels, part) =>
    labels.forEach((group, row) => {
      if (group === null) {
        unlabelled++
        return
      }
      if (!rowsOf.has(group)) rowsOf.set(group, parts.map(() => []))
      rowsOf.get(group)![part]!.push(row)
    })
  )
  if (rowsOf.size === 0) return null
  const point = rates.map(
    rate => overall.operatingPoints.find(({ fmr }) => fmr === rate)
  ).find(candidate => candidate?.threshold != null)
  const [fmr, threshold] = [point?.fmr ?? null, point?.threshold ?? null]
  const largest = [...rowsOf].map(([group, members]) => ({ group, members, pairs: members.flat().length })).sort(
    (a, b) => b.pairs - a.pairs || (a.group < b.group ? -1 : 1)
  ).slice(0, maxGroups)
  const rows: Groups['rows'] = []
  for (const { group, members, pairs } of largest) {
    const comparisons = await compareParts(
      parts.map((part, k) => selectCompared(part, members[k]!)),
      products
    )
    const { nonMated, mated } = comparisons
    const identities = threshold === null || mated.scores.length === 0
      ? undefined
      : trueMatchRates(comparisons, [threshold]).perIdentity[0]!
    rows.push({
      group,
      pairs,
      matedIdentities: new Set(mated.identity).size,
      nonMatedComparisons: nonMated.total,
      tmr: identities === undefined ? null : Math.min(1, mean(identities)),
      interval: identities === undefined ? null : bootstrapMeans([identities], seed)[0]!,
      fmr: threshold === null || fmr === null || !isSupported(fmr, nonMated.total)
        ? null
        : fractionAtOrAbove(nonMated, threshold)
    })
  }
  return { fmr, threshold, unlabelled, unlisted: rowsOf.size - largest.length, rows }
}

/** Groups whose TMR is lower than that of all groups together by more than both intervals allow, as sentences. */
export function groupWarnings (groups: Groups | null, overall: Metrics): string[] {
  const point = overall.operatingPoints.find(({ fmr }) => fmr === groups?.fmr)
  if (groups === null || point?.interval == null) return []
  return groups.rows.filter(
    ({ interval, matedIdentities }) =>
      interval !== null && matedIdentities >= minIdentities && interval.upper < point.interval!.lower
  )
    .map(
      ({ group, tmr, matedIdentities }) =>
        `group ${JSON.stringify(group)}: TMR ${tmr!.toFixed(3)} at FMR ${groups.fmr}, from ${matedIdentities} ` +
        `identities, where everybody together has ${point.tmr!.toFixed(3)}`
    )
}
