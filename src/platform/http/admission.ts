import { Problem } from '../../errors.js'

/** Weight of a new measurement in the running mean of the service time. */
const weight = 1 / 32
/**
 * Time constant in ms: after it, past measurements weigh a third. Requests that arrive together finish together, in
 * bursts that grow with the load. A mean over the last few intervals would cover a single burst, come out near zero,
 * and admit a larger burst next.
 */
const memory = 1000

/**
 * Until the first request finishes there is no service time: let at least `waiting` requests wait, and assume `taking`
 * ms each.
 */
const initial = { waiting: 16, taking: 10 }

/**
 * Milliseconds after which admitted work counts as stuck. Work without such a bound, such as a fit behind others, has a
 * queue of its own.
 */
const maxWorkTime = 10 * 60_000

export interface AdmissionOptions {
  /** what is admitted, in the plural, for the detail of a rejection */
  readonly label: string
  /** how many can be worked on at once without any of them waiting */
  readonly parallel: number
  /** milliseconds of waiting allowed even for work that takes less */
  readonly maxWait: number
  /** a monotonic clock, in milliseconds */
  readonly now?: () => number
}

/** Admission control for one kind of work. */
export interface Admission {
  /** Admits one more. @throws Problem `overloaded` when it would wait too long */
  enter(): Admitted
  /** number of admitted requests in flight */
  inFlight(): number
  /** milliseconds since the oldest request in flight was admitted; 0 when there is none */
  oldest(): number
}

/** An admitted request: it is in flight until one of these is called; further calls have no effect. */
export interface Admitted {
  /** The work is done. */
  leave(): void
  /** Ends it without a measurement: its duration says nothing about the service time. */
  withdraw(): void
}

/**
 * Rejects work before its wait grows, without a limit tuned to one machine: a request is admitted if its wait would not
 * exceed the service time or `maxWait`. An admitted request is therefore served in at most about twice the time,
 * whatever the load.
 *
 * The wait is the number of requests ahead times the mean interval between two completions while all workers are busy
 * (Little's law), which includes everything else that keeps the machine busy. The service time is measured on requests
 * that ran alone, and on any that took less; so overload does not change it.
 */
export function createAdmission (
  { label, parallel, maxWait, now = () => performance.now() }: AdmissionOptions
): Admission {
  const initialWaiting = Math.max(initial.waiting, Math.floor(maxWait / initial.taking))
  /** when each request in flight was admitted, by its number, in order */
  const moments = new Map<number, number>()
  let inFlight = 0
  let entered = 0
  let busySince = 0
  let alone: number | undefined
  /** milliseconds in which all workers were busy, and completions in that time; both decay with age */
  let [busy, ends, counted] = [0, 0, 0]

  function check (): void {
    const ahead = inFlight + 1 - parallel
    if (ahead <= 0) return
    if (alone === undefined) {
      if (ahead <= initialWaiting) return
      throw new Problem(
        'overloaded',
        `queue is full: expected at most ${parallel + initialWaiting} ${label} until the first finishes; please try ` +
          `again later`
      )
    }
    // With few measurements, the estimate stays close to the service time of one request.
    const wait = ahead * (busy + alone / parallel) / (ends + 1)
    const allowed = Math.max(maxWait, alone)
    if (wait <= allowed) return
    throw new Problem(
      'overloaded',
      `queue is full: ${inFlight} ${label} ahead, the expected wait of ${Math.round(wait)} ms exceeds the limit of ` +
        `${Math.round(allowed)} ms; please try again later`
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
            // At most its own duration: nobody is busy while the body of another request arrives.
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

/** The admissions of a service, observed together: how many requests are in flight, and whether any is stuck. */
export interface Admissions {
  open(work: Pick<AdmissionOptions, 'label' | 'parallel'>): Admission
  /** number of requests in flight, in all admissions */
  inFlight(): number
  /** whether an admitted request has been in flight for longer than any may take */
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
    stuck: () => all.some(admission => admission.oldest() > maxWorkTime)
  }
}

const mean = (before: number | undefined, value: number): number =>
  before === undefined ? value : before + weight * (value - before)
