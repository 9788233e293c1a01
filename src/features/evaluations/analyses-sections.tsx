import type { JSX } from 'preact'
import type { Estimate } from '../../science/cards/estimate.js'
import type { Families } from '../../science/cards/families.js'
import type {
  DataEfficiency,
  ModelAnalyses,
  QuadraticControl,
  RidgeSensitivity
} from '../../science/cards/model-analyses.js'
import type { Similarity } from '../../science/cards/representational-similarity.js'
import { Figure, Section, Table } from '../../platform/pages/elements.js'
import { count, falseMatchRate, rate, unknown } from '../../platform/pages/format.js'
import { drawSpecification, type Drawings } from '../../platform/pages/plots/draw.js'
import { heatMapSpecification } from '../../platform/pages/plots/heat-map.js'

/** Heat maps of the similarity of the corpus and of the test corpus. */
export interface SimilarityDrawings {
  readonly corpus: Drawings | undefined
  readonly testCorpus: Drawings | undefined
}

export async function drawSimilarities (
  models: readonly string[],
  { similarity }: ModelAnalyses
): Promise<SimilarityDrawings> {
  const drawn = async (found: Similarity | null | undefined) =>
    found == null ? undefined : await drawSpecification(room =>
      heatMapSpecification(models, [
        { title: 'RSA', rates: symmetric(models, found, 'rsa') },
        { title: 'linear CKA', rates: symmetric(models, found, 'cka') }
      ], room)
    )
  return { corpus: await drawn(similarity?.corpus), testCorpus: await drawn(similarity?.testCorpus) }
}

/** Whether the models encode identity alike, as far as the evaluation asked. */
export function AnalysesSections ({ analyses, drawings, fmr }: {
  analyses: ModelAnalyses
  drawings: SimilarityDrawings
  fmr: number
}): JSX.Element {
  const { similarity, families, dataEfficiency, ridgeSensitivity, quadratic } = analyses
  const at = `at FMR ${falseMatchRate(fmr)}`
  return (
    <Section title='Do these models encode identity alike?'>
      <p>
        Three questions: do the models arrange the same people alike (similarity), do their templates translate into one
        another (families), and does a linear map suffice for that (the quadratic control). Every figure has a 95 %
        interval, by bootstrap over people.
      </p>
      {similarity === undefined ?
        null :
        <SimilarityPart similarity={similarity.corpus} drawings={drawings.corpus} where='corpus' />}
      {similarity?.testCorpus == null ? null : (
        <SimilarityPart
          similarity={similarity.testCorpus}
          drawings={drawings.testCorpus}
          where='test corpus'
        />
      )}
      {families === undefined ? null : <FamiliesPart families={families.within} where='held-out people' />}
      {families?.across == null ? null : <FamiliesPart families={families.across} where='the test corpus' />}
      {quadratic === undefined ? null : <QuadraticPart quadratic={quadratic} at={at} />}
      {dataEfficiency === undefined ? null : <DataEfficiencyPart dataEfficiency={dataEfficiency} at={at} />}
      {ridgeSensitivity === undefined ? null : <RidgePart ridgeSensitivity={ridgeSensitivity} at={at} />}
    </Section>
  )
}

function SimilarityPart ({ similarity, drawings, where }: {
  similarity: Similarity
  drawings: Drawings | undefined
  where: string
}): JSX.Element {
  return (
    <>
      <h3>{`Similarity, people of the ${where}`}</h3>
      <Figure
        id={`similarity-${where.replaceAll(' ', '-')}`}
        title='Similarity of the models'
        drawings={drawings}
        description={`Of ${
          count(similarity.people)
        } people, each the mean of their templates, without any map. 0: unrelated; 1: the people lie alike.`}
      />
      <Table
        caption={'RSA: rank correlation of the cosines of every two people. CKA: linear centred kernel alignment, ' +
          'debiased; the biased one is for comparison with older reports'}
        columns={['Models', 'RSA', 'CKA', 'CKA, biased']}
        rows={similarity.pairs.map(({ first, second, rsa, cka, ckaBiased }) => ({
          cells: [`${first}, ${second}`, estimate(rsa), estimate(cka), rate(ckaBiased)]
        }))}
      />
    </>
  )
}

function FamiliesPart ({ families, where }: { families: Families | null, where: string }): JSX.Element {
  if (families === null) return <p>A true match rate on {where} is unknown, and with it the families are.</p>
  return (
    <>
      <h3>{`Families, ${where}`}</h3>
      <Table
        caption={'Models that translate into one another. Stability: share of resamples of the people in which ' +
          'exactly these are a family'}
        columns={['Family', 'Stability']}
        rows={families.families.map(family => ({ cells: [family.models.join(', '), rate(family.stability)] }))}
      />
      <details>
        <summary>Distances</summary>
        <Table
          caption='1 − the mean true match rate of both directions; together: share of resamples in one family'
          columns={['Models', 'Distance', 'Together']}
          rows={families.pairs.map(({ first, second, distance, together }) => ({
            cells: [`${first}, ${second}`, estimate(distance), rate(together)]
          }))}
        />
      </details>
    </>
  )
}

function QuadraticPart ({ quadratic, at }: { quadratic: QuadraticControl, at: string }): JSX.Element {
  const { training, samples, pairs, meanGain } = quadratic
  return (
    <>
      <h3>Does a linear map suffice?</h3>
      <p>
        A map of all features and all products of two of them, beside a linear one. Both are fitted on{' '}
        {count(training.samples)} images of {count(training.identities)} people and tested on the same {count(samples)}
        {' '}
        images. {meanGain === null
          ? null
          : <>On average the quadratic map changes the true match rate by {signedEstimate(meanGain)}.</>}
      </p>
      <Table
        caption={`True match rate ${at}`}
        columns={['Source, target', 'Linear', 'Quadratic', 'Gain']}
        rows={pairs.map(({ source, target, linear, quadratic, gain }) => ({
          cells: [`${source}, ${target}`, estimate(linear.tmr), estimate(quadratic.tmr), signedEstimate(gain)]
        }))}
      />
    </>
  )
}

function DataEfficiencyPart (
  { dataEfficiency, at }: { dataEfficiency: DataEfficiency, at: string }
): JSX.Element {
  const { samples, pairs } = dataEfficiency
  return (
    <>
      <h3>How many people does a map need?</h3>
      <Table
        caption={`True match rate ${at} on ${count(samples)} held-out images, by number of fitting identities`}
        columns={[
          'Source, target',
          ...pairs[0]!.points.map(({ identities }) => count(identities)),
          '95 % of the last from'
        ]}
        rows={pairs.map(({ source, target, points, identitiesFor95 }) => ({
          cells: [
            `${source}, ${target}`,
            ...points.map(({ tmr }) => estimate(tmr)),
            identitiesFor95 === null ? 'more than half' : count(identitiesFor95)
          ]
        }))}
      />
    </>
  )
}

function RidgePart ({ ridgeSensitivity, at }: { ridgeSensitivity: RidgeSensitivity, at: string }): JSX.Element {
  const { samples, pairs } = ridgeSensitivity
  return (
    <>
      <h3>Does the penalty matter?</h3>
      <Table
        caption={`True match rate ${at} on ${
          count(samples)
        } held-out images, by lambda of a ridge regression. Loss: what ` +
          'lambda 0.1 loses against the best, which is chosen in hindsight'}
        columns={['Source, target', ...pairs[0]!.points.map(({ lambda }) => String(lambda)), 'Best', 'Loss']}
        rows={pairs.map(({ source, target, points, bestLambda, loss }) => ({
          cells: [
            `${source}, ${target}`,
            ...points.map(({ tmr }) => estimate(tmr)),
            bestLambda === null ? unknown : String(bestLambda),
            estimate(loss)
          ]
        }))}
      />
    </>
  )
}

function symmetric (
  models: readonly string[],
  { pairs }: Similarity,
  figure: 'rsa' | 'cka'
): (number | null)[][] {
  const position = new Map(models.map((model, m) => [model, m]))
  const values = models.map((_, i) => models.map((_, j): number | null => i === j ? 1 : null))
  for (const pair of pairs) {
    const [i, j] = [position.get(pair.first)!, position.get(pair.second)!]
    values[i]![j] = pair[figure]?.value ?? null
    values[j]![i] = pair[figure]?.value ?? null
  }
  return values
}

const estimate = (found: Estimate | null): string =>
  found === null ? unknown : `${minus(found.value)} (${minus(found.lower)} to ${minus(found.upper)})`
const minus = (value: number) => value.toFixed(3).replace('-', '−')

const signedEstimate = (found: Estimate | null): string =>
  found === null ? unknown : (found.value >= 0 ? '+' : '') + estimate(found)
