/** Milliseconds in which everything that one watch watches raises one false alarm, at most and on average. */
const period = 30 * 24 * 3600 * 1000
/**
 * Milliseconds after an alarm before the same thing can raise another. A model that has changed would alarm every few
 * templates: 400 times a second under load.
 */
const rest = 3600 * 1000

interface Watched<Subject, Monitor> {
  readonly subject: Subject
  readonly version: string | number
  readonly monitor: Monitor
  /** when it alarmed last, in ms; while it rests nothing is observed */
  alarmed: number
  /** when it was observed last, in ms */
  at: number
}

/**
 * Sequential tests of several things, which share what there is to spend on false alarms. In memory, per replica: a few
 * numbers each. A restart begins anew.
 */
export interface Watch<Subject, Monitor> {
  /**
   * @param key of the thing
   * @param version of what it is compared with: with another one it begins anew
   * @param observe tells the monitor what was seen, and the time since as a share of the period; returns an alarm
   */
  observe(
    key: string,
    version: string | number,
    subject: Subject,
    create: () => Monitor,
    observe: (monitor: Monitor, elapsed: number) => boolean
  ): void
  /** Of each, 0 to 1, where it alarms; 1 for an hour after that. */
  evidence(): readonly { readonly subject: Subject, readonly evidence: number }[]
}

/** @param now in milliseconds, monotonic */
export function createWatch<Subject, Monitor extends { evidence(): number }> (
  onAlarm: (subject: Subject) => void,
  now: () => number = () => performance.now()
): Watch<Subject, Monitor> {
  const watched = new Map<string, Watched<Subject, Monitor>>()

  return {
    observe (key, version, subject, create, observe) {
      const at = now()
      let one = watched.get(key)
      if (one?.version !== version) {
        one = { subject, version, monitor: create(), alarmed: -Infinity, at: -Infinity }
        watched.set(key, one)
      }
      if (at - one.alarmed < rest) return
      const elapsed = (at - one.at) / period / watched.size
      one.at = at
      if (!observe(one.monitor, elapsed)) return
      one.alarmed = at
      onAlarm(subject)
    },
    evidence: () =>
      Array.from(watched.values(), ({ subject, monitor, alarmed }) => ({
        subject,
        evidence: now() - alarmed < rest ? 1 : monitor.evidence()
      }))
  }
}
