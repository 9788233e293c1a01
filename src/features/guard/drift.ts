import { createRateMonitor, type RateMonitor } from '../../science/guard/rate-monitor.js'
import { createWatch } from './watch.js'

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

/**
 * Watches every model that the guard judges, see `createRateMonitor`.
 *
 * @param now in milliseconds, monotonic
 */
export function createDrift (onAlarm: (alarm: DriftAlarm) => void, now?: () => number): Drift {
  const watch = createWatch<DriftAlarm, RateMonitor>(onAlarm, now)

  return {
    judged ({ model, fingerprint }, trials, hits, falseAlarmRate) {
      watch.observe(
        // Another space under an old name is another model, and a new profile has new thresholds.
        fingerprint,
        falseAlarmRate,
        { model, falseAlarmRate },
        () => createRateMonitor(falseAlarmRate),
        (monitor, elapsed) => monitor.observe(trials, hits, elapsed)
      )
    },
    evidence: () => watch.evidence().map(({ subject: { model }, evidence }) => ({ model, evidence }))
  }
}
