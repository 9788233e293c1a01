import { createHash } from 'node:crypto'
import { Problem } from '../../errors.js'
import type { PairedTemplates } from '../../science/alignment/pairs.js'
import {
  decideMigration,
  isChance,
  type MigrationDecision,
  type MigrationPolicy,
  type OptionFigures
} from '../../science/cards/migration-decision.js'
import {
  fitMigrationOptions,
  measureMigrationOptions,
  type MeasuredOptions
} from '../../science/fitting/migration-options.js'
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
  /** TMR of the new model with itself, at the rate of the policy */
  readonly newModel: MeasuredOptions['newModel']
  /** what the option to re-enrol was measured with; every one of these references needs its photograph */
  readonly reEnrolled: { readonly share: number, readonly references: number }
  readonly decision: MigrationDecision
  readonly options: readonly (Omit<OptionFigures, 'found'> & {
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
  const share = reEnrol ?? measuredShare
  const measured = await measureMigrationOptions(fitted, { fmr: policy.fmr, share, seed }, products)
  refuseForeignPeople(measured, order)
  const isOpen = ({ option }: Pick<OptionFigures, 'option'>) =>
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
    newModel: measured.newModel,
    reEnrolled: { share, references: measured.reEnrolledReferences },
    decision: decideMigration(compared, policy, seed),
    options: measured.figures.map(({ found: _, ...figures }) => ({
      ...figures,
      fnir: 1 - figures.tmr,
      open: isOpen(figures)
    }))
  }
}

/**
 * A model that does not recognise the people of the samples is not what was meant: rows are in another order, or of
 * another file.
 *
 * @throws Problem `pairs-insufficient`
 */
function refuseForeignPeople ({ figures, newModel }: MeasuredOptions, { source, target, policy }: PlanOrder): void {
  const alone = [
    { model: source, ...figures.find(({ option }) => option === 'nothing')! },
    { model: target, ...newModel }
  ]
  for (const { model, tmr, interval } of alone) {
    if (!isChance(interval, policy.fmr)) continue
    throw new Problem(
      'pairs-insufficient',
      `expected templates that tell the people of the samples apart; "${model}" with itself finds ${
        tmr.toFixed(4)
      } of ` +
        `the mates at FMR ${policy.fmr}, which is chance: are its rows in the order of the samples?`
    )
  }
}

function hashOf ({ samples, identities, source, target }: Omit<PairedTemplates, 'hash' | 'oneSided'>): string {
  const hash = createHash('sha256').update(JSON.stringify([samples, identities, source.cols, target.cols]))
  for (const { data } of [source, target]) hash.update(bytesOfFloat32(data))
  return hash.digest('hex')
}
