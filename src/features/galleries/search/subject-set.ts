/** The subjects to search: one bit per number, in shared memory, so that threads do not copy it. */
export interface SubjectSet {
  readonly first: number
  /** bit `number - first`, the lowest of each element first */
  readonly bits: Uint32Array
}

/**
 * @param numbers of subjects; they are counted within a gallery, so that one bit for each number between the smallest
 *   and the largest takes little memory
 */
export function subjectSet (numbers: Iterable<number>): SubjectSet {
  const all = Float64Array.from(numbers)
  if (all.length === 0) return { first: 0, bits: new Uint32Array(0) }
  const [first, last] = all.reduce(([low, high], number) => [Math.min(low, number), Math.max(high, number)], [
    Infinity,
    -Infinity
  ])
  const bits = new Uint32Array(new SharedArrayBuffer(4 * Math.ceil((last - first + 1) / 32)))
  for (const number of all) bits[Math.floor((number - first) / 32)]! |= 1 << (number - first) % 32
  return { first, bits }
}

export function isInSet ({ first, bits }: SubjectSet, number: number): boolean {
  const at = number - first
  return at >= 0 && at < bits.length * 32 && (bits[Math.floor(at / 32)]! >>> at % 32 & 1) === 1
}
