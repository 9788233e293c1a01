import { UsageError } from '../../platform/cli/command-line.js'
import type { MigrationPolicy } from '../../science/cards/migration-decision.js'

/**
 * Reads a policy such as `max-tmr-loss=0.02@fmr=1e-3`.
 * @throws UsageError with what was expected
 */
export function readPolicy (text: string | undefined): Omit<MigrationPolicy, 'oldModelStays'> {
  const number = String.raw`(\d*\.?\d+(?:[eE]-?\d+)?)`
  const [, loss, rate] = new RegExp(`^max-tmr-loss=${number}@fmr=${number}$`).exec(text ?? '') ?? []
  const [maxTmrLoss, fmr] = [Number(loss), Number(rate)]
  if (!(maxTmrLoss >= 0 && maxTmrLoss <= 1 && fmr >= 1e-6 && fmr <= 0.1)) {
    throw new UsageError(
      `--policy: expected max-tmr-loss=X@fmr=Y with X from 0 to 1 and Y from 1e-6 to 0.1, received ${text ?? 'none'}`
    )
  }
  return { maxTmrLoss, fmr }
}
