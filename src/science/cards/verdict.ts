import { mean } from '../linear-algebra/sums.js'
import { closed, nullable, nullableNumber } from '../schemas.js'
import { Type, type Static } from 'typebox'
import { bootstrapMeans, type Interval } from '../scores/bootstrap.js'
import type { Comparisons } from '../scores/comparisons.js'
import { measuredRates, type Metrics } from '../scores/metrics.js'

/** Rates that a verdict may rest on, in order of preference. */
export const ratesOfVerdict: readonly number[] = [1e-3, 1e-2, 1e-1]
/** What a usable map may lose against the weaker model, including the width of the interval of the difference. */
const margin = 0.05
/** The minimum share of mated comparisons that a usable map accepts. */
const minUsableTmr = 0.5
/** Below this share of the weaker model's TMR a map is unfit. */
const minShareOfWeaker = 0.5

const rule =
  'At FMR 0.001, or the lowest of 0.01 and 0.1 that all comparisons support where it is not: unfit when no rate is ' +
  'supported or nobody has two images, when the lower end of the 95 % interval of the TMR is not above the FMR itself ' +
  '(chance), when its upper end is below the TMR without any map (unaligned), or when the TMR is below ' +
  `${minShareOfWeaker} of that of the weaker model alone; usable when the lower end is at least ${minUsableTmr} and ` +
  `the TMR less that of the weaker model alone is at least -${margin}, at the lower end of the 95 % interval of the ` +
  'difference: both are measured on the same people, and the bootstrap draws people; degraded otherwise. The ' +
  'comparison space and the translation are judged by the same rule, each model alone by its plain cosine. The verdict ' +
  'is that of the comparison space, which verifies, or that of the translation where there is none; where the ' +
  'translation is unfit it is degraded at best. Where nobody has two images under one model, so that a model alone is ' +
  'not measured, only the rules that need no model alone apply.'

type Word = 'usable' | 'degraded' | 'unfit'
const Word = Type.Unsafe<Word>({ type: 'string', enum: ['usable', 'degraded', 'unfit'] })

const Judgement = Type.Object({
  verdict: Word,
  fmr: nullableNumber('The false match rate that the verdict rests on; null when none is supported'),
  weaker: nullable(
    Type.Unsafe<'source' | 'target'>({ type: 'string', enum: ['source', 'target'] }),
    'The model that is weaker alone, by its plain cosine'
  ),
  difference: nullable(
    Type.Object({ tmr: Type.Number(), lower: Type.Number(), upper: Type.Number() }, closed),
    'TMR less that of the weaker model alone, with its 95 % interval by a paired bootstrap over identities'
  ),
  reasons: Type.Array(Type.String(), { description: 'Why, in sentences' })
}, closed)
type Judgement = Static<typeof Judgement>

export const Verdict = Type.Object({
  verdict: Word,
  summary: Type.Optional(Type.String({ description: 'What to expect, in one sentence. Absent from older cards' })),
  fmr: nullableNumber('The false match rate that the verdict rests on; null when none is supported'),
  reasons: Type.Array(Type.String(), { description: 'Why, in sentences' }),
  comparison: Type.Optional(Judgement),
  translation: Type.Optional(Judgement),
  rule: Type.String({ description: 'The rule that was applied' })
}, { ...closed, description: 'Whether to verify across the two models by this map' })
export type Verdict = Static<typeof Verdict>

/** Metrics, and the share of each person's mated comparisons that are found, by FMR and identity. */
export interface Judged {
  readonly metrics: Metrics
  readonly found: ReadonlyMap<number, ReadonlyMap<number, number>>
}

/** What a verdict rests on of some comparisons. */
export function judged (comparisons: Comparisons, metrics: Metrics): Judged {
  return { metrics, found: measuredRates(comparisons, ratesOfVerdict) }
}

/** The evidence of a verdict, measured on the same pairs. */
export interface Evidence {
  readonly translation: Judged
  /** undefined where the map has no comparison space */
  readonly comparison: Judged | undefined
  /** each model against itself, by the plain cosine, as it is used */
  readonly sourceAlone: Judged
  readonly targetAlone: Judged
  readonly unaligned: Metrics
}

/**
 * Whether a map is good enough for verification. The weaker of its two models bounds what it can be expected to reach,
 * so the map is measured against that model, on the same people, with the uncertainty of the difference counted
 * against the map. A minimum keeps a map between models that hardly recognise anybody from being called usable. The
 * rule is part of every verdict.
 *
 * @param seed of the bootstrap
 */
export function verdictOf (evidence: Evidence, seed: number): Verdict {
  const translation = judge(evidence.translation, evidence, seed)
  const comparison = evidence.comparison && judge(evidence.comparison, evidence, seed)
  const { verdict, fmr, reasons } = comparison ?? translation
  const limited = verdict === 'usable' && translation.verdict === 'unfit'
  return {
    verdict: limited ? 'degraded' : verdict,
    summary: summaryOf((evidence.comparison ?? evidence.translation).metrics, fmr),
    fmr,
    reasons: limited ? [...reasons, ...translation.reasons.map(reason => `Translation: ${reason}`)] : reasons,
    ...(comparison === undefined ? {} : { comparison }),
    translation,
    rule
  }
}

/**
 * What metrics let one expect, in a sentence.
 * @param fmr the false match rate that it speaks of; null when none is supported
 */
export function summaryOf (metrics: Metrics, fmr: number | null): string {
  const tmr = fmr === null ? null : tmrAt(metrics, fmr)
  return tmr === null
    ? 'How many mates it finds is not known.'
    : `Finds ${Math.floor(100 * tmr)} in 100 at one false match in ${Math.round(1 / fmr!).toLocaleString('en')}.`
}

function judge (
  { metrics, found }: Judged,
  { sourceAlone, targetAlone, unaligned }: Evidence,
  seed: number
): Judgement {
  const alone = [sourceAlone.metrics, targetAlone.metrics].filter(({ matedIdentities }) => matedIdentities > 0)
  const all = [metrics, ...alone, unaligned]
  const fmr = ratesOfVerdict.find(rate => all.every(measured => tmrAt(measured, rate) !== null)) ?? null
  const point = fmr === null ? undefined : metrics.operatingPoints.find(candidate => candidate.fmr === fmr)
  if (fmr === null || point === undefined || point.tmr === null || point.interval === null) {
    const reason = metrics.matedIdentities === 0
      ? 'No evaluated identity has two images: how often the map finds a mate is not known.'
      : `The comparisons (${sourceAlone.metrics.nonMatedComparisons} non-mated within one model) support none of ` +
        `the rates ${ratesOfVerdict.join(', ')}.`
    return { verdict: 'unfit', fmr, weaker: null, difference: null, reasons: [reason] }
  }
  const { tmr, interval } = point
  const own = `TMR ${show(tmr)} (95 % interval ${show(interval.lower)} to ${show(interval.upper)}) at FMR ${fmr}`
  const without = tmrAt(unaligned, fmr)!
  if (alone.length < 2) return judgeByItself(own, { fmr, tmr, interval, without })
  const [source, target] = [tmrAt(sourceAlone.metrics, fmr)!, tmrAt(targetAlone.metrics, fmr)!]
  const weaker = source <= target ? 'source' : 'target'
  const weakerTmr = Math.min(source, target)
  const weakerName = `the weaker model alone (${weaker}, ${show(weakerTmr)})`
  const difference = pairedDifference(
    found.get(fmr)!,
    (weaker === 'source' ? sourceAlone : targetAlone).found.get(fmr)!,
    seed
  )
  const judgement = { fmr, weaker, difference } as const

  const unfit = noBetterThanNothing(own, { fmr, interval, without })
  if (tmr < minShareOfWeaker * weakerTmr) {
    unfit.push(`${own} is below ${minShareOfWeaker} of that of ${weakerName}.`)
  }
  if (unfit.length > 0) return { verdict: 'unfit', ...judgement, reasons: unfit }

  const beside = `${own}: the difference to ${weakerName} is ${show(difference.tmr)} (${show(difference.lower)} to ` +
    `${show(difference.upper)}, the same people)`
  const degraded: string[] = []
  if (interval.lower < minUsableTmr) {
    degraded.push(`${own}: the lower end is below ${minUsableTmr}, mates may be rejected more often than accepted.`)
  }
  if (difference.lower < -margin) degraded.push(`${beside}; the lower end is below -${margin}.`)
  if (degraded.length > 0) return { verdict: 'degraded', ...judgement, reasons: degraded }
  return { verdict: 'usable', ...judgement, reasons: [`${beside}; the lower end is not below -${margin}.`] }
}

function noBetterThanNothing (
  own: string,
  { fmr, interval, without }: { readonly fmr: number, readonly interval: Interval, readonly without: number }
): string[] {
  const unfit: string[] = []
  if (interval.lower <= fmr) unfit.push(`${own} cannot be told from chance.`)
  if (interval.upper < without) unfit.push(`${own} is worse than no map at all (unaligned, ${show(without)}).`)
  return unfit
}

/** The judgement where pairs are of other images, and nobody has two images under one model. */
function judgeByItself (
  own: string,
  measured: { readonly fmr: number, readonly tmr: number, readonly interval: Interval, readonly without: number }
): Judgement {
  const judgement = { fmr: measured.fmr, weaker: null, difference: null } as const
  const unfit = noBetterThanNothing(own, measured)
  if (unfit.length > 0) return { verdict: 'unfit', ...judgement, reasons: unfit }
  const unknown = 'how the models do alone is not known, since nobody has two images under one of them.'
  return measured.interval.lower < minUsableTmr
    ? { verdict: 'degraded', ...judgement, reasons: [`${own}: the lower end is below ${minUsableTmr}; ${unknown}`] }
    : { verdict: 'usable', ...judgement, reasons: [`${own}; ${unknown}`] }
}

/** The mean difference over identities, with a bootstrap that draws both of an identity's rates together. */
export function pairedDifference (
  own: ReadonlyMap<number, number>,
  baseline: ReadonlyMap<number, number>,
  seed: number
): { tmr: number } & Interval {
  const differences = Float64Array.from([...own], ([identity, rate]) => rate - baseline.get(identity)!)
  return { tmr: mean(differences), ...bootstrapMeans([differences], seed)[0]! }
}

function tmrAt ({ operatingPoints }: Metrics, fmr: number): number | null {
  return operatingPoints.find(point => point.fmr === fmr)?.tmr ?? null
}

const show = (rate: number) => rate.toFixed(3)
