import { createRateMonitor, type RateMonitor } from '../../science/guard/rate-monitor.js'

/** Milliseconds in which all models together raise one false alarm, at most and on average. */
const period = 30 * 24 * 3600 * 1000
/**
 * Milliseconds after an alarm before the model can raise another. A model that has changed would alarm every few
 * templates: 400 times a second under load.
 */
const rest = 3600 * 1000

/** A model whose templates have begun to look unlike it. */
export interface DriftAlarm {
  readonly model: string
  /** of one template, by which the guard flags */
  readonly falseAlarmRate: number
}

/** Whether the templates that arrive under the name of a model still look like those that its profile was made of. */
export interface Drift {
  /** @param rate at which the guard flags templates of the model itself, at most */
  judged(
    space: { readonly model: string, readonly fingerprint: string },
    trials: number,
    hits: number,
    rate: number
  ): void
  /** By model, 0 to 1, where it alarms; 1 for an hour after that. */
  evidence(): readonly { readonly model: string, readonly evidence: number }[]
}

interface Watched {
  readonly model: string
  readonly rate: number
  readonly monitor: RateMonitor
  /** when it alarmed last, in ms; while it rests nothing is observed */
  alarmed: number
  /** when the last templates were judged, in ms */
  at: number
}

/**
 * Watches every model that the guard judges, see `createRateMonitor`. In memory, per replica: a few numbers a model. A
 * restart begins anew.
 *
 * @param now in milliseconds, monotonic
 */
export function createDrift (onAlarm: (alarm: DriftAlarm) => void, now: () => number = () => performance.now()): Drift {
  /** by fingerprint: another space under an old name is another model */
  const watched = new Map<string, Watched>()

  return {
    judged ({ model, fingerprint }, trials, hits, rate) {
      const at = now()
      let one = watched.get(fingerprint)
      if (one?.rate !== rate) {
        // A new profile has new thresholds.
        one = { model, rate, monitor: createRateMonitor(rate), alarmed: -Infinity, at: -Infinity }
        watched.set(fingerprint, one)
      }
      // The models share what there is to spend on false alarms.
      if (at - one.alarmed < rest) return
      const elapsed = (at - one.at) / period / watched.size
      one.at = at
      if (!one.monitor.observe(trials, hits, elapsed)) return
      one.alarmed = at
      onAlarm({ model, falseAlarmRate: rate })
    },
    evidence: () =>
      Array.from(watched.values(), ({ model, monitor, alarmed }) => ({
        model,
        evidence: now() - alarmed < rest ? 1 : monitor.evidence()
      }))
  }
}
