/** The best subjects of one probe, each with its best reference. Equal scores are ordered by ordinal. */
export interface BestSubjects {
  /** Places taken, at most `limit`. */
  readonly count: number
  /** Scores below this get no place; -Infinity while there is room. */
  readonly floor: number
  readonly subjects: Float64Array
  readonly ordinals: Float64Array
  /** descending */
  readonly scores: Float64Array
  offer(subject: number, ordinal: number, score: number): void
}

/** A candidate of a search, as callers see it. */
export interface SubjectMatch {
  readonly subject: number
  /** of the best reference, whose score this is */
  readonly ordinal: number
  readonly score: number
}

/**
 * A sorted list of `limit` places. An offer that gets a place looks up its subject and shifts the places behind it: in
 * random order, about `limit ln(n / limit)` of n references do.
 */
export function createBestSubjects (limit: number): BestSubjects {
  const subjects = new Float64Array(limit)
  const ordinals = new Float64Array(limit)
  const scores = new Float64Array(limit)
  let count = 0

  const isBefore = (ordinal: number, score: number, place: number) =>
    score > scores[place]! || (score === scores[place]! && ordinal < ordinals[place]!)

  return {
    subjects,
    ordinals,
    scores,
    get count () {
      return count
    },
    get floor () {
      return count < limit ? -Infinity : scores[limit - 1]!
    },

    offer (subject, ordinal, score) {
      if (count === limit && !isBefore(ordinal, score, limit - 1)) return
      let own = 0
      while (own < count && subjects[own] !== subject) own++
      const isKnown = own < count
      if (isKnown && !isBefore(ordinal, score, own)) return
      // Inserting shifts the entries in between down by one, into the subject's old place, a free one or the last.
      const end = isKnown ? own : Math.min(count, limit - 1)
      let place = end
      while (place > 0 && isBefore(ordinal, score, place - 1)) place--
      for (const column of [subjects, ordinals, scores]) column.copyWithin(place + 1, place, end)
      subjects[place] = subject
      ordinals[place] = ordinal
      scores[place] = score
      if (!isKnown) count = Math.min(count + 1, limit)
    }
  }
}

export function matchesOf ({ count, subjects, ordinals, scores }: BestSubjects): SubjectMatch[] {
  return Array.from(
    { length: count },
    (_, place) => ({ subject: subjects[place]!, ordinal: ordinals[place]!, score: scores[place]! })
  )
}
