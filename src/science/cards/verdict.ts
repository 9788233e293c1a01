import { closed, nullableNumber } from '../schemas.js'
import { Type, type Static } from 'typebox'
import type { Metrics } from '../scores/metrics.js'

/** Rates that a verdict may rest on, in order of preference. */
const rates: readonly number[] = [1e-3, 1e-2, 1e-1]
/** What a usable map may lose against the weaker model, including the width of its interval. */
const margin = 0.05
/** The minimum share of mated comparisons that a usable map accepts. */
const minUsableTmr = 0.5
/** Below this share of the weaker model's TMR a map is unfit. */
const minShareOfWeaker = 0.5

const rule =
  'At FMR 0.001, or the lowest of 0.01 and 0.1 that all comparisons support where it is not: unfit when no rate is ' +
  "supported or nobody has two images, when the lower end of the 95 % interval of the map's TMR is not above the " +
  'FMR itself (chance), when its upper end is below the TMR without any map (unaligned), or when the TMR is below ' +
  `${minShareOfWeaker} of that of the weaker model alone; usable when the lower end is at least ` +
  `${minUsableTmr} and no more than ${margin} below the TMR of the weaker model alone; degraded otherwise.`

export const Verdict = Type.Object({
  verdict: Type.Unsafe<'usable' | 'degraded' | 'unfit'>({ type: 'string', enum: ['usable', 'degraded', 'unfit'] }),
  fmr: nullableNumber('The false match rate that the verdict rests on; null when none is supported'),
  reasons: Type.Array(Type.String(), { description: 'Why, in sentences' }),
  rule: Type.String({ description: 'The rule that was applied' })
}, { ...closed, description: 'Whether to verify across the two models by this map' })
export type Verdict = Static<typeof Verdict>

/** The evidence of a verdict, measured on the same held-out pairs. */
export interface Evidence {
  readonly crossModel: Metrics
  readonly sourceAlone: Metrics
  readonly targetAlone: Metrics
  readonly unaligned: Metrics
}

/**
 * Whether a map is good enough for verification. The weaker of its two models bounds what it can reach, so the map is
 * measured against that model, with the uncertainty of the held-out part counted against the map. A minimum keeps a map
 * between models that hardly recognise anybody from being called usable. The rule is part of every verdict.
 */
export function verdictOf ({ crossModel, sourceAlone, targetAlone, unaligned }: Evidence): Verdict {
  const fmr = rates.find(
    rate => [crossModel, sourceAlone, targetAlone, unaligned].every(metrics => tmrAt(metrics, rate) !== null)
  ) ?? null
  const point = fmr === null ? undefined : crossModel.operatingPoints.find(candidate => candidate.fmr === fmr)
  if (fmr === null || point === undefined || point.tmr === null || point.interval === null) {
    const reason = crossModel.matedIdentities === 0
      ? 'No held-out identity has two images: how often the map finds a mate is not known.'
      : `The held-out comparisons (${sourceAlone.nonMatedComparisons} non-mated within one model) support none of ` +
        `the rates ${rates.join(', ')}.`
    return { verdict: 'unfit', fmr, reasons: [reason], rule }
  }
  const { tmr, interval } = point
  const own = `TMR ${show(tmr)} (95 % interval ${show(interval.lower)} to ${show(interval.upper)}) at FMR ${fmr}`
  const source = tmrAt(sourceAlone, fmr)!
  const target = tmrAt(targetAlone, fmr)!
  const weaker = Math.min(source, target)
  const weakerName = `the weaker model alone (${source <= target ? 'source' : 'target'}, ${show(weaker)})`
  const without = tmrAt(unaligned, fmr)!

  const unfit: string[] = []
  if (interval.lower <= fmr) unfit.push(`${own} cannot be told from chance.`)
  if (interval.upper < without) unfit.push(`${own} is worse than no map at all (unaligned, ${show(without)}).`)
  if (tmr < minShareOfWeaker * weaker) unfit.push(`${own} is below ${minShareOfWeaker} of that of ${weakerName}.`)
  if (unfit.length > 0) return { verdict: 'unfit', fmr, reasons: unfit, rule }

  const degraded: string[] = []
  if (interval.lower < minUsableTmr) {
    degraded.push(`${own}: the lower end is below ${minUsableTmr}, mates may be rejected more often than accepted.`)
  }
  if (interval.lower < weaker - margin) {
    degraded.push(`${own}: the lower end is more than ${margin} below ${weakerName}.`)
  }
  if (degraded.length > 0) return { verdict: 'degraded', fmr, reasons: degraded, rule }
  return {
    verdict: 'usable',
    fmr,
    reasons: [`${own}: the lower end is no more than ${margin} below ${weakerName}.`],
    rule
  }
}

function tmrAt ({ operatingPoints }: Metrics, fmr: number): number | null {
  return operatingPoints.find(point => point.fmr === fmr)?.tmr ?? null
}

const show = (rate: number) => rate.toFixed(3)
