import { Problem } from '../../errors.js'

/** Of a new measurement in the running mean of how long work takes by itself. */
const weight = 1 / 32
/**
 * Milliseconds after which what was counted of the past weighs a third. Work that arrives together ends together, in
 * bursts that grow with the load: a mean over the last few intervals, all of one burst and so nothing, would let in a
 * larger one next.
 */
const memory = 1000

/**
 * While nothing has ended yet, and nobody knows how long it takes: how many may wait at least, and milliseconds that
 * each is taken for.
 */
const unknown = { waiting: 16, taking: 10 }

/**
 * Milliseconds within which whatever is admitted ends: what has not is stuck. Work without such a bound, such as a fit
 * behind others, has a queue of its own.
 */
const longestWork = 10 * 60_000

export interface AdmissionOptions {
  /** what is admitted, in the plural, for whoever is turned away */
  readonly of: string
  /** how many are worked on at once without any of them waiting */
  readonly parallel: number
  /** milliseconds that may be waited even for work that takes less */
  readonly maxWait: number
  /** milliseconds, of a clock that only goes forward */
  readonly now?: () => number
}

/** Work of one kind. */
export interface Admission {
  /** Counts one more. @throws Problem `overloaded` when it would wait too long */
  enter(): Admitted
  /** how many count */
  inFlight(): number
  /** milliseconds since the first of those that count was admitted; 0 when there is none */
  oldest(): number
}

/** What was admitted: it counts until one of these is called; calling another then does nothing. */
export interface Admitted {
  /** It is done. */
  leave(): void
  /** It is not there to be worked on, which tells nothing of how long work takes. */
  withdraw(): void
}

/**
 * Turns work away before its wait grows, and not by a number that is right for one machine only: one more is admitted
 * when it would wait no longer than such work takes by itself, or than `maxWait`, so that who is admitted is served
 * in about twice the time at most, however many ask.
 *
 * The wait is what is in front times the mean interval between two ends while everybody is busy (Little's law), which
 * includes what else keeps the machine busy. How long work takes by itself is told by what nothing else came in the way
 * of, and by whatever took less; so overload does not change it.
 */
export function createAdmission (
  { of, parallel, maxWait, now = () => performance.now() }: AdmissionOptions
): Admission {
  const waitingUnknown = Math.max(unknown.waiting, Math.floor(maxWait / unknown.taking))
  /** by their order, when those that count were admitted */
  const moments = new Map<number, number>()
  let inFlight = 0
  let entered = 0
  let busySince = 0
  let alone: number | undefined
  /** milliseconds in which everybody was busy, and what ended in them; the older, the less they weigh */
  let [busy, ends, counted] = [0, 0, 0]

  function check (): void {
    const ahead = inFlight + 1 - parallel
    if (ahead <= 0) return
    if (alone === undefined) {
      if (ahead <= waitingUnknown) return
      throw new Problem(
        'overloaded',
        `expected at most ${parallel + waitingUnknown} ${of} before any was served, please try again later`
      )
    }
    // What little has been counted yet weighs little beside what one takes by itself.
    const wait = ahead * (busy + alone / parallel) / (ends + 1)
    const longest = Math.max(maxWait, alone)
    if (wait <= longest) return
    throw new Problem(
      'overloaded',
      `expected a wait of at most ${Math.round(longest)} ms, it would be ${
        Math.round(wait)
      } ms after the ${inFlight} ${of} that are worked on; please try again later`
    )
  }

  return {
    enter () {
      check()
      const begun = now()
      const none = inFlight === 0
      const place = ++entered
      moments.set(place, begun)
      if (++inFlight === parallel) busySince = begun
      let counts = true

      function end (): boolean {
        if (!counts) return false
        counts = false
        inFlight--
        moments.delete(place)
        return true
      }

      return {
        leave () {
          if (!end()) return
          const ended = now()
          const taken = ended - begun
          if (inFlight + 1 >= parallel) {
            const kept = Math.exp((counted - ended) / memory)
            // No more than it took: while another's body is on its way nobody is busy.
            busy = busy * kept + Math.min(ended - busySince, taken)
            ends = ends * kept + 1
            counted = ended
          }
          busySince = ended
          const byItself = none && entered === place
          if (byItself || alone === undefined || taken < alone) alone = mean(alone, taken)
        },
        withdraw: end
      }
    },
    inFlight: () => inFlight,
    oldest () {
      const [first] = moments.values()
      return first === undefined ? 0 : now() - first
    }
  }
}

/** The admissions of a service, which are looked at together: what they hold, and whether it comes back. */
export interface Admissions {
  open(work: Pick<AdmissionOptions, 'of' | 'parallel'>): Admission
  /** how many count, in all of them */
  inFlight(): number
  /** whether something that was admitted has not ended for longer than any of it may take */
  stuck(): boolean
}

export function createAdmissions (options: Pick<AdmissionOptions, 'maxWait' | 'now'>): Admissions {
  const all: Admission[] = []
  return {
    open (work) {
      const admission = createAdmission({ ...options, ...work })
      all.push(admission)
      return admission
    },
    inFlight: () => all.reduce((sum, admission) => sum + admission.inFlight(), 0),
    stuck: () => all.some(admission => admission.oldest() > longestWork)
  }
}

const mean = (before: number | undefined, value: number): number =>
  before === undefined ? value : before + weight * (value - before)
