import { Type, type Static } from 'typebox'
import { closed, nullable, Rate } from '../schemas.js'
import { Calibration } from '../scores/calibration.js'
import { DetailedMetrics } from '../scores/detailed-metrics.js'

const Count = (description: string) => Type.Integer({ minimum: 0, description })

const pair = {
  probe: Type.String({ description: 'Model of the template of the probe' }),
  reference: Type.String({ description: 'Model of the template of the reference' })
}

const EnsemblePart = Type.Object({
  ...pair,
  weight: Type.Number({
    minimum: 0,
    maximum: 1,
    description: 'Of its score in the sum; the weights of the parts add up to 1'
  })
}, closed)

const Models = (description: string) => Type.Array(Type.String(), { minItems: 1, description })

/** What to do with some templates of the probe and some of the reference. */
export const EnsembleCombination = Type.Object({
  probe: Models('Models of the templates of the probe; the sides may be exchanged'),
  reference: Models('Models of the templates of the reference'),
  parts: Type.Array(EnsemblePart, { description: 'Every template of the probe with every one of the reference' }),
  evaluation: DetailedMetrics,
  calibration: Calibration,
  best: Type.Object({
    ...pair,
    fmr: Type.Number({ description: 'False match rate at which it was compared' }),
    tmr: nullable(Rate, 'True match rate of the part by itself'),
    gain: Type.Object({ tmr: Type.Number(), lower: Type.Number(), upper: Type.Number() }, {
      ...closed,
      description: 'True match rate of the combination less that of this part, with the 95 % interval of the ' +
        'difference by a paired bootstrap over identities'
    })
  }, { ...closed, description: 'The part that does best by itself, and what the others add' })
}, {
  ...closed,
  description: 'How some templates of a probe are compared with some of a reference, and how well it works'
})
export type EnsembleCombination = Static<typeof EnsembleCombination>

/** The evaluation that travels with an ensemble. */
export const EnsembleCard = Type.Object({
  schemaVersion: Type.Literal(1),
  seed: Type.Integer({ description: 'Seed of the folds and of every other random draw' }),
  corpusHash: Type.String({ description: 'SHA-256 of the samples with a template under every model' }),
  samples: Count('Samples with a template under every model'),
  compared: Count('Samples among them that were compared, drawn by identity'),
  identities: Count('Identities among the samples'),
  folds: Type.Integer({ minimum: 2, description: 'Folds of identities: each is scored by what the others gave' }),
  doubtful: Count('Compared samples whose label is in doubt; neither weights nor thresholds come from them'),
  spaces: Type.Array(
    Type.Object({
      source: Type.String(),
      target: Type.String(),
      map: Type.String({ description: 'Id of the map in whose comparison space templates of the two are compared' }),
      refitted: Type.Boolean({
        description: 'Whether the map was fitted on this corpus, so that the same kind of space was fitted without ' +
          'each fold to score it'
      })
    }, closed),
    { description: 'Where templates of two models are compared; those of one model are compared by their cosine' }
  ),
  combinations: Type.Array(EnsembleCombination, {
    description: 'Every choice of templates that a probe and a reference may have, with more than one on either side'
  }),
  warnings: Type.Array(Type.String(), { description: 'What a reader should know before trusting the figures' })
}, { ...closed, description: 'How an ensemble was fitted, on what, and how well it works' })
export type EnsembleCard = Static<typeof EnsembleCard>

/** The combination of some models on either side, with the weights of its parts. */
export interface FoundCombination {
  readonly combination: EnsembleCombination
  /** of the part of a model of the probe with one of the reference */
  weight(probe: string, reference: string): number
}

/**
 * Finds how templates of some models are compared; a combination serves in both directions.
 * @returns undefined when the card has no such combination
 */
export function findCombination (
  { combinations }: Pick<EnsembleCard, 'combinations'>,
  probe: readonly string[],
  reference: readonly string[]
): FoundCombination | undefined {
  const straight = combinations.find(each => sameModels(each.probe, probe) && sameModels(each.reference, reference))
  const combination = straight ??
    combinations.find(each => sameModels(each.probe, reference) && sameModels(each.reference, probe))
  if (combination === undefined) return undefined
  const weights = new Map(combination.parts.map(part => [`${part.probe} ${part.reference}`, part.weight]))
  return {
    combination,
    weight: (p, r) => weights.get(straight === undefined ? `${r} ${p}` : `${p} ${r}`) ?? 0
  }
}

const sameModels = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every(model => b.includes(model))
