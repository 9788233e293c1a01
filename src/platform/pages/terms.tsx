import type { JSX } from 'preact'

/** Terms of ISO/IEC 19795-1, in the words of somebody who reads them for the first time. */
const meanings = {
  FMR: 'False match rate: of pairs of different people, the share that is wrongly taken for the same person.',
  TMR: 'True match rate: of pairs of one person, the share that is found. FNMR is the rest, the false non-match rate.',
  EER: 'Equal error rate: the rate at the threshold where FMR and FNMR are the same.',
  DET: 'Detection error trade-off: what FNMR each FMR costs, as a curve.',
  Threshold: 'The score from which two templates are taken for the same person.',
  'Rank-1': 'Of searches for somebody who is enrolled, the share whose first candidate is that person.',
  CMC: 'Cumulative match characteristic: the share of searches with that person among the first few candidates.'
} as const

export type Term = keyof typeof meanings

/** Explains terms where they are first used. */
export function Terms ({ of }: { of: readonly Term[] }): JSX.Element {
  return (
    <dl class='terms note'>
      {of.map(term => [<dt key={term}>{term}</dt>, <dd key={`${term} meaning`}>{meanings[term]}</dd>])}
    </dl>
  )
}
