import {
  createScoreMonitor,
  scoreCells,
  type ScoreCells,
  type ScoreMonitor
} from '../../science/guard/score-monitor.js'
import type { CalibratedBy, KnownSpace } from '../catalogue/index.js'
import { createWatch } from '../guard/index.js'

/** Models compared whose scores are no longer those of the calibration. */
export interface ComparedPair {
  readonly probe: string
  readonly reference: string
}

/** Whether the scores of live verifications still look like those that their thresholds come from. */
export interface ScoreDrift {
  /** @param score exact, of one template with another */
  compared(probe: KnownSpace, reference: KnownSpace, calibration: CalibratedBy | undefined, score: number): void
  /** By pair, 0 to 1, where it alarms; 1 for an hour after that. */
  evidence(): readonly { readonly subject: ComparedPair, readonly evidence: number }[]
}

/** Fewer people do not tell what the scores of others look like. */
const fewestIdentities = 100
/** Fewer cells do not tell how scores are spread: the scores of calibrations of a few comparisons. */
const fewestCells = 6
/** The same two templates count once. The last scores tell, since no two pairs share one in double precision. */
const remembered = 1024

/**
 * Watches the verifications of every pair of models that is calibrated on enough people, see `createScoreMonitor`.
 *
 * @param now in milliseconds, monotonic
 */
export function createScoreDrift (onAlarm: (pair: ComparedPair) => void, now?: () => number): ScoreDrift {
  const watch = createWatch<ComparedPair, ScoreMonitor>(onAlarm, now)
  /** by distribution, which the catalogue keeps as long as the map */
  const known = new WeakMap<object, ScoreCells | null>()
  const recent = new Set<number>()

  return {
    compared (probe, reference, calibration, score) {
      const cells = calibration && cellsOf(calibration)
      if (cells == null || isRepeated(score)) return
      watch.observe(
        `${probe.fingerprint} ${reference.fingerprint}`,
        calibration!.calibration?.id ?? calibration!.map.id,
        { probe: probe.model, reference: reference.model },
        () => createScoreMonitor(cells),
        (monitor, elapsed) => monitor.observe(score, elapsed)
      )
    },
    evidence: watch.evidence
  }

  function cellsOf ({ comparisons: { identities }, metrics: { scores } }: CalibratedBy): ScoreCells | null {
    if (scores == null || identities < fewestIdentities) return null
    let cells = known.get(scores)
    if (cells === undefined) {
      const cut = scoreCells(scores)
      cells = cut.highest.length < fewestCells ? null : cut
      known.set(scores, cells)
    }
    return cells
  }

  function isRepeated (score: number): boolean {
    if (recent.has(score)) return true
    recent.add(score)
    if (recent.size > remembered) recent.delete(recent.values().next().value!)
    return false
  }
}
