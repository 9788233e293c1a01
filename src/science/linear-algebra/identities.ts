import type { Random } from './random.js'

/** Rows grouped by identity. */
export interface IdentityIndex {
  /** (n), index of the identity of each row */
  readonly ofRow: Int32Array
  /** rows of each identity, ascending */
  readonly rows: readonly (readonly number[])[]
}

/**
 * Groups rows by identity. A row without a label is an identity of its own. Identities are numbered in the order of
 * their labels, so the numbering does not depend on the order of the rows.
 *
 * @param labels (n), null where unknown
 * @param samples (n), unique
 */
export function indexIdentities (labels: readonly (string | null)[], samples: readonly string[]): IdentityIndex {
  const groups = new Map<string, number[]>()
  labels.forEach((label, row) => {
    const key = label === null ? `sample ${samples[row]!}` : `label ${label}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [row])
    else group.push(row)
  })
  const rows = [...groups.keys()].sort().map(key => groups.get(key)!)
  const ofRow = new Int32Array(labels.length)
  rows.forEach((group, identity) => {
    for (const row of group) ofRow[row] = identity
  })
  return { ofRow, rows }
}

/**
 * The rows of each identity, in the order given; identities in the order of their first rows.
 * @param identity (n), index of the identity of each row
 * @param subset the rows to group; all unless given
 */
export function rowsByIdentity (
  identity: Int32Array,
  subset: Iterable<number> = identity.keys()
): Map<number, number[]> {
  const rows = new Map<number, number[]>()
  for (const row of subset) {
    const own = rows.get(identity[row]!)
    if (own === undefined) rows.set(identity[row]!, [row])
    else own.push(row)
  }
  return rows
}

export interface Split {
  /** rows, ascending */
  readonly training: number[]
  readonly heldOut: number[]
}

/** Splits rows so that no identity is on both sides. `heldOutFraction` of the identities are held out, at least two. */
export function splitIdentities ({ rows }: IdentityIndex, heldOutFraction: number, random: Random): Split {
  const order = random.shuffle(rows.map((_, identity) => identity))
  const count = Math.max(2, Math.round(heldOutFraction * rows.length))
  const rowsOf = (identities: number[]) => identities.flatMap(identity => rows[identity]!).sort((a, b) => a - b)
  return { training: rowsOf(order.slice(count)), heldOut: rowsOf(order.slice(0, count)) }
}

/**
 * Deals rows into folds of about the same size so that no identity is in two. Identities are shuffled, sorted by size,
 * and dealt to the fold with the fewest rows so far.
 *
 * @param subset the rows to deal
 * @returns the rows of each fold; fewer folds than requested when there are fewer identities
 */
export function dealFolds (
  { ofRow }: IdentityIndex,
  subset: readonly number[],
  folds: number,
  random: Random
): number[][] {
  const groups = random.shuffle(groupRows(ofRow, subset)).sort((a, b) => b.length - a.length)
  const dealt: number[][] = Array.from({ length: Math.min(folds, groups.length) }, () => [])
  for (const group of groups) {
    const smallest = dealt.reduce((least, fold) => fold.length < least.length ? fold : least)
    smallest.push(...group)
  }
  return dealt.map(fold => fold.sort((a, b) => a - b))
}

/**
 * Samples at most `max` rows, whole identities where possible. When there are more rows, identities are taken in random
 * order until the limit is reached, and at most a tenth of the limit from any one of them.
 */
export function limitRows (
  { ofRow }: IdentityIndex,
  subset: readonly number[],
  max: number,
  random: Random
): number[] {
  if (subset.length <= max) return [...subset]
  const maxOfOne = Math.max(2, Math.floor(max / 10))
  const chosen: number[] = []
  for (const group of random.shuffle(groupRows(ofRow, subset))) {
    const rows = group.length > maxOfOne ? random.shuffle([...group]).slice(0, maxOfOne) : group
    chosen.push(...rows.slice(0, max - chosen.length))
    if (chosen.length === max) break
  }
  return chosen.sort((a, b) => a - b)
}

/** Number of identities among the rows. */
export function countIdentities ({ ofRow }: IdentityIndex, subset: readonly number[]): number {
  return new Set(subset.map(row => ofRow[row])).size
}

/** The rows of each identity in the subset, by ascending index of the identity. */
export function groupRows (ofRow: Int32Array, subset: Iterable<number>): number[][] {
  return [...rowsByIdentity(ofRow, subset)].sort(([a], [b]) => a - b).map(([, rows]) => rows)
}
