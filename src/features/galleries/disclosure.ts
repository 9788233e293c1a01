import { disclosedScore, type Disclosure } from '../../science/scores/disclosure.js'
import { logLikelihoodRatioOf } from '../../science/scores/open-set.js'
import type { Candidate, Identification, SearchedGroup } from './identification.js'

/** A candidate as disclosed to the caller. */
export interface DisclosedCandidate extends Omit<Candidate, 'score'> {
  readonly score: number | null
}

/** The disclosed part of the search itself: thresholds are scores too. */
export function discloseSearch<Found extends Pick<Identification, 'threshold' | 'groups'>> (
  found: Found,
  disclosure: Disclosure
): Found {
  if (disclosure !== 'none') return found
  return {
    ...found,
    threshold: { ...found.threshold, logLikelihoodRatio: null },
    groups: found.groups.map(group => ({ ...group, threshold: null }))
  }
}

/**
 * The candidates of a probe as disclosed to the caller, in order. A caller limited to decisions learns only which
 * candidates are above the threshold: for a probe of the caller's choice, the order of the others reveals nearly as
 * much about their templates as their scores.
 *
 * @param groups as they were searched, with their thresholds
 */
export function discloseCandidates (
  candidates: readonly Candidate[],
  groups: readonly Pick<SearchedGroup, 'threshold' | 'calibration'>[],
  disclosure: Disclosure
): DisclosedCandidate[] {
  if (disclosure === 'exact') return [...candidates]
  return candidates.filter(({ aboveThreshold }) => disclosure !== 'none' || aboveThreshold === true).map(candidate => {
    const { threshold, calibration } = groups[candidate.group]!
    const score = disclosedScore(disclosure, candidate.score, threshold)
    return {
      ...candidate,
      score,
      logLikelihoodRatio: score === null || calibration === undefined
        ? null
        : logLikelihoodRatioOf(calibration.comparisons, score)
    }
  })
}
