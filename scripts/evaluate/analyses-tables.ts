import type { Estimate } from '../../src/science/cards/estimate.js'
import type { Families } from '../../src/science/cards/families.js'
import type {
  DataEfficiency,
  ModelAnalyses,
  QuadraticControl,
  RidgeSensitivity
} from '../../src/science/cards/model-analyses.js'
import type { Similarity } from '../../src/science/cards/representational-similarity.js'
import { table } from './table.js'

const estimate = (found: Estimate | null): string =>
  found === null ? '–' : `${found.value.toFixed(3)} (${found.lower.toFixed(3)} to ${found.upper.toFixed(3)})`

/** The analyses of an evaluation in Markdown. */
export function renderAnalyses (analyses: ModelAnalyses, fmr: number): string[] {
  const { similarity, families, quadratic, dataEfficiency, ridgeSensitivity } = analyses
  return [
    '## Do these models encode identity alike?',
    ...similarity === undefined ? [] : similarityParts('corpus', similarity.corpus),
    ...similarity?.testCorpus == null ? [] : similarityParts('test corpus', similarity.testCorpus),
    ...families?.within == null ? [] : familiesParts('held-out people', families.within),
    ...families?.across == null ? [] : familiesParts('test corpus', families.across),
    ...quadratic === undefined ? [] : quadraticParts(quadratic, fmr),
    ...dataEfficiency === undefined ? [] : efficiencyParts(dataEfficiency, fmr),
    ...ridgeSensitivity === undefined ? [] : ridgeParts(ridgeSensitivity, fmr)
  ]
}

const similarityParts = (where: string, { people, pairs }: Similarity): string[] => [
  `**Similarity, ${people} people of the ${where}** (95 % interval)`,
  table(
    ['models', 'RSA', 'CKA, debiased', 'CKA, biased'],
    pairs.map((
      { first, second, rsa, cka, ckaBiased }
    ) => [`${first}, ${second}`, estimate(rsa), estimate(cka), ckaBiased?.toFixed(3) ?? '–'])
  )
]

const familiesParts = (where: string, { families, pairs }: Families): string[] => [
  `**Families, ${where}**`,
  table(
    ['family', 'stability'],
    families.map(({ models, stability }) => [models.join(', '), stability.toFixed(3)])
  ),
  table(
    ['models', 'distance', 'together'],
    pairs.map((
      { first, second, distance, together }
    ) => [`${first}, ${second}`, estimate(distance), together.toFixed(3)])
  )
]

const quadraticParts = ({ training, samples, pairs, meanGain }: QuadraticControl, fmr: number): string[] => [
  `**Linear and quadratic maps**, TMR at FMR ${fmr}, fitted on ${training.samples} images of ${training.identities} ` +
  `people, tested on ${samples} images`,
  table(
    ['source, target', 'linear', 'lambda', 'quadratic', 'lambda', 'share', 'gain'],
    pairs.map(({ source, target, linear, quadratic, gain }) => [
      `${source}, ${target}`,
      estimate(linear.tmr),
      String(linear.lambda),
      estimate(quadratic.tmr),
      String(quadratic.lambda),
      String(quadratic.share),
      estimate(gain)
    ])
  ),
  `Mean gain of the quadratic map ${estimate(meanGain)}.`
]

const efficiencyParts = ({ samples, pairs }: DataEfficiency, fmr: number): string[] => [
  `**TMR at FMR ${fmr} by number of fitting identities**, tested on ${samples} images`,
  table(
    ['source, target', ...pairs[0]!.points.map(({ identities }) => String(identities)), '95 % of the last from'],
    pairs.map(({ source, target, points, identitiesFor95 }) => [
      `${source}, ${target}`,
      ...points.map(({ tmr }) => estimate(tmr)),
      String(identitiesFor95 ?? 'more than half')
    ])
  )
]

const ridgeParts = ({ samples, pairs }: RidgeSensitivity, fmr: number): string[] => [
  `**TMR at FMR ${fmr} by lambda of a ridge regression**, tested on ${samples} images`,
  table(
    ['source, target', ...pairs[0]!.points.map(({ lambda }) => String(lambda)), 'best', 'loss at 0.1'],
    pairs.map(({ source, target, points, bestLambda, loss }) => [
      `${source}, ${target}`,
      ...points.map(({ tmr }) => estimate(tmr)),
      String(bestLambda ?? '–'),
      estimate(loss)
    ])
  )
]
