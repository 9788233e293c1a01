import type { Interval } from '../scores/bootstrap.js'

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

/** An option that takes more must find this share of the mates more than one that takes less. */
const minGain = 0.001

/**
 * Decides by the expected TMR. Options whose loss may exceed the limit are refused, by the upper end of its interval,
 * and those that cannot be told from chance. Of the others the one that takes least within `minGain` of the best is
 * chosen. Doing nothing is among them while the old model stays. When it cannot stay, the best option is named even
 * where the decision is not to migrate.
 *
 * @param figures of the options that are open, `nothing` among them, in the order of `migrationOptions`
 */
export function decideMigration (
  figures: readonly OptionFigures[],
  policy: MigrationPolicy
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
      option: oldModelStays ? 'nothing' : leastOf(moves).option,
      reasons: [
        `no option is shown to lose at most ${maxTmrLoss} of the TMR at FMR ${fmr}`,
        ...refusals
      ]
    }
  }
  const candidates = oldModelStays ? [today, ...allowed] : allowed
  const [chosen, best] = [leastOf(candidates), bestOf(candidates)]
  const why = chosen === best
    ? `${nameOf(chosen.option)} is expected to find most mates: TMR ${show(chosen.tmr)} at FMR ${fmr}`
    : `${nameOf(chosen.option)} is expected to find as many mates as ${nameOf(best.option)} within ${minGain} (TMR ${
      show(chosen.tmr)
    } and ${show(best.tmr)} at FMR ${fmr}), and takes less`
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
  { option, interval, loss }: OptionFigures,
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

/** The first of the options within `minGain` of the best. */
function leastOf (options: readonly OptionFigures[]): OptionFigures {
  const { tmr } = bestOf(options)
  return options.find(option => tmr - option.tmr <= minGain)!
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
