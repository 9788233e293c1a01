import { createHash } from 'node:crypto'
import type { PairedTemplates } from '../../science/alignment/pairs.js'
import {
  decideMigration,
  type MigrationDecision,
  type MigrationPolicy,
  type OptionFigures
} from '../../science/cards/migration-decision.js'
import { fitMigrationOptions, measureMigrationOptions } from '../../science/fitting/migration-options.js'
import type { Products } from '../../science/linear-algebra/matrix.js'
import { bytesOfFloat32 } from '../../science/template/float32.js'

export interface PlanOrder {
  readonly source: string
  readonly target: string
  readonly policy: MigrationPolicy
  /** share of the gallery that can be re-enrolled from photographs; null where there are none */
  readonly reEnrol: number | null
  readonly seed: number
}

/** What is decided, and by which figures. */
export interface Plan extends PlanOrder {
  readonly schemaVersion: 1
  /** SHA-256 of templates, samples and identities: with the order it determines the rest */
  readonly pairsHash: string
  readonly pairs: number
  readonly people: number
  readonly matedPeople: number
  readonly nonMatedComparisons: number
  readonly decision: MigrationDecision
  readonly options: readonly (OptionFigures & {
    /** share of the searches for somebody enrolled that do not find them: 1 - TMR */
    readonly fnir: number
    /** whether the order leaves it to choose */
    readonly open: boolean
  })[]
}

/** The share that `re-enrol` is measured with where nobody can be re-enrolled. */
const measuredShare = 0.1

/** @throws Problem as `measureMigrationOptions` */
export async function makePlan (
  order: PlanOrder,
  pairs: Omit<PairedTemplates, 'hash' | 'oneSided'>,
  products: Products,
  onProgress?: (fraction: number) => void
): Promise<Plan> {
  const { policy, reEnrol, seed } = order
  const pairsHash = hashOf(pairs)
  const fitted = await fitMigrationOptions(
    { ...pairs, oneSided: { source: 0, target: 0 }, hash: pairsHash },
    seed,
    products,
    onProgress
  )
  const measured = await measureMigrationOptions(
    fitted,
    { fmr: policy.fmr, share: reEnrol ?? measuredShare, seed },
    products
  )
  const isOpen = ({ option }: OptionFigures) =>
    option === 're-enrol' ? reEnrol !== null : option !== 'nothing' || policy.oldModelStays
  // What is done today is the yardstick, whether it can go on or not.
  const compared = measured.figures.filter(figures => figures.option === 'nothing' || isOpen(figures))
  return {
    schemaVersion: 1,
    ...order,
    pairsHash,
    pairs: pairs.samples.length,
    people: fitted.people,
    matedPeople: measured.matedPeople,
    nonMatedComparisons: measured.nonMatedComparisons,
    decision: decideMigration(compared, policy),
    options: measured.figures.map(figures => ({ ...figures, fnir: 1 - figures.tmr, open: isOpen(figures) }))
  }
}

function hashOf ({ samples, identities, source, target }: Omit<PairedTemplates, 'hash' | 'oneSided'>): string {
  const hash = createHash('sha256').update(JSON.stringify([samples, identities, source.cols, target.cols]))
  for (const { data } of [source, target]) hash.update(bytesOfFloat32(data))
  return hash.digest('hex')
}
