import { bootstrapMeans, type Interval } from '../scores/bootstrap.js'

/**
 * What can be done with a gallery of the old model, in the order of what it takes:
 *
 * - `nothing`: the old model goes on making probes
 * - `across`: the gallery stays, probes are of the new model, and both are compared where the map compares them
 * - `probes`: the gallery stays, and probes of the new model are translated into the space of the old one
 * - `gallery`: the gallery is translated, and searched with probes of the new model
 * - `fusion`: both translations, and the weighted sum of their scores
 * - `re-enrol`: as `gallery`, and the most unusual references are made anew from their photographs
 */
export const migrationOptions = ['nothing', 'across', 'probes', 'gallery', 'fusion', 're-enrol'] as const
export type MigrationOption = typeof migrationOptions[number]

/** Rates of one option, at one false match rate. */
export interface OptionFigures {
  readonly option: MigrationOption
  readonly tmr: number
  readonly interval: Interval
  /** share of the mates of each person that is found, the people in one order for all options */
  readonly found: Float64Array
  /** TMR of `nothing` less that of the option on the same people, with its 95 % interval */
  readonly loss: { readonly tmr: number } & Interval
}

export interface MigrationPolicy {
  /** an option must be shown not to lose more: the upper end of its interval counts */
  readonly maxTmrLoss: number
  readonly fmr: number
  /** whether the old model can go on making probes, so that nothing need be done */
  readonly oldModelStays: boolean
}

export interface MigrationDecision {
  readonly migrate: boolean
  /** `nothing` where the decision is not to migrate and the old model stays */
  readonly option: MigrationOption
  /** sentences, the decisive one first */
  readonly reasons: readonly string[]
}

/**
 * Decides by the expected TMR. Two things have to be shown, at the end of a 95 % interval over people: that an option
 * does not lose more than the policy allows, and that an option that takes more finds more than one that takes less.
 * Options that cannot be told from chance are refused too. Of the others, the first is chosen that the best of them is
 * not shown to exceed. Doing nothing is among them while the old model stays. When it cannot stay, an option is named
 * even where the decision is not to migrate.
 *
 * @param figures of the options that are open, `nothing` among them, in the order of `migrationOptions`
 * @param seed of the bootstrap
 */
export function decideMigration (
  figures: readonly OptionFigures[],
  policy: MigrationPolicy,
  seed: number
): MigrationDecision {
  const { fmr, oldModelStays, maxTmrLoss } = policy
  const moves = figures.filter(({ option }) => option !== 'nothing')
  const today = figures.find(({ option }) => option === 'nothing')!
  const allowed = moves.filter(figure => refusalOf(figure, policy) === undefined)
  const refusals = moves.flatMap(figure => {
    const refusal = refusalOf(figure, policy)
    return refusal === undefined ? [] : [`${nameOf(figure.option)} ${refusal}`]
  })
  if (allowed.length === 0) {
    return {
      migrate: false,
      option: oldModelStays ? 'nothing' : leastOf(moves, seed).option,
      reasons: [
        `no option is shown to lose at most ${maxTmrLoss} of the TMR at FMR ${fmr}`,
        ...refusals
      ]
    }
  }
  const candidates = oldModelStays ? [today, ...allowed] : allowed
  const [chosen, best] = [leastOf(candidates, seed), bestOf(candidates)]
  const why = chosen === best
    ? `${nameOf(chosen.option)} is expected to find most mates: TMR ${show(chosen.tmr)} at FMR ${fmr}`
    : `${nameOf(chosen.option)} takes less than ${nameOf(best.option)}, which is not shown to find more mates: TMR ${
      show(chosen.tmr)
    } and ${show(best.tmr)} at FMR ${fmr}`
  const { loss } = chosen
  const against = chosen === today
    ? []
    : [
      `the old model with itself finds ${show(today.tmr)}; the change is ${signed(-loss.tmr)} (95 % interval ${
        signed(-loss.upper)
      } to ${signed(-loss.lower)})`
    ]
  return { migrate: chosen !== today, option: chosen.option, reasons: [why, ...against, ...refusals] }
}

/** Why an option is refused, as the rest of a sentence that begins with its name; undefined when it is not. */
export function refusalOf (
  { option, interval, loss }: Omit<OptionFigures, 'found'>,
  { maxTmrLoss, fmr }: MigrationPolicy
): string | undefined {
  if (option === 'nothing') return undefined
  if (isChance(interval, fmr)) return `cannot be told from chance: TMR ${show(interval.lower)} or more at FMR ${fmr}`
  return loss.upper > maxTmrLoss
    ? `may lose ${show(loss.upper)} of the TMR at FMR ${fmr}, more than ${maxTmrLoss}`
    : undefined
}

/** Whether as many mates as strangers may be found: by the same rule a verdict calls a map unfit. */
export function isChance ({ lower }: Interval, fmr: number): boolean {
  return lower <= fmr
}

/** The first of the options that the best is not shown to exceed. */
function leastOf (options: readonly OptionFigures[], seed: number): OptionFigures {
  const best = bestOf(options)
  return options.find(option => option === best || !findsMore(best, option, seed))!
}

function findsMore (one: OptionFigures, other: OptionFigures, seed: number): boolean {
  return bootstrapMeans([one.found.map((rate, person) => rate - other.found[person]!)], seed)[0]!.lower > 0
}

const bestOf = (options: readonly OptionFigures[]) =>
  options.reduce((best, option) => option.tmr > best.tmr ? option : best)

/** What is done, as the subject of a sentence. */
export function nameOf (option: MigrationOption): string {
  switch (option) {
    case 'nothing':
      return 'doing nothing'
    case 'across':
      return 'searching across'
    case 'probes':
      return 'translating the probes'
    case 'gallery':
      return 'translating the gallery'
    case 'fusion':
      return 'translating both and fusing the scores'
    case 're-enrol':
      return 'translating the gallery and re-enrolling the worst'
  }
}

const show = (rate: number) => rate.toFixed(4)
const signed = (rate: number) => `${rate < 0 ? '' : '+'}${rate.toFixed(4)}`
