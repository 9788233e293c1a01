import { sketchDeviation } from '../../science/template/sketch.js'
import type { SelfTestState } from '../catalogue/index.js'

/**
 * Maximum deviation of a template, see `sketchDeviation`. On one machine it is 0. Changing every fourth value of an
 * image by one level, more than decoders and instruction sets differ by, moves crops by up to 0.009 and whole images by
 * 0.016. Of what has to be found a crop that is 2 % larger moves them least: by 0.043 and 0.051.
 */
export const tolerances = { crop: 0.02, whole: 0.035 }

/** What a model made of one canary. */
export interface MadeOfCanary {
  readonly canary: string
  /** of the template; null when there is none */
  readonly sketch: Float32Array | null
  /** why there is no template */
  readonly detail: string | null
  readonly tolerance: number
}

/** How one canary came out. */
export interface CanaryResult {
  readonly canary: string
  readonly state: SelfTestState
  /** from the template that is expected; null where one of the two is missing */
  readonly deviation: number | null
  readonly tolerance: number
  /** why there is no template */
  readonly detail: string | null
}

/** @param expected sketch; undefined when nothing is known of this canary */
export function compareCanary (
  { canary, sketch, detail, tolerance }: MadeOfCanary,
  expected: Float32Array | undefined
): CanaryResult {
  if (expected === undefined) return { canary, state: 'untested', deviation: null, tolerance, detail }
  if (sketch === null) return { canary, state: 'changed', deviation: null, tolerance, detail }
  const deviation = sketchDeviation(sketch, expected)
  return { canary, state: deviation <= tolerance ? 'passed' : 'changed', deviation, tolerance, detail }
}

/** The state of a model by those of its canaries. */
export function worstState (results: readonly { readonly state: SelfTestState }[]): SelfTestState {
  return (['changed', 'recorded', 'passed'] as const).find(wanted => results.some(({ state }) => state === wanted)) ??
    'untested'
}
