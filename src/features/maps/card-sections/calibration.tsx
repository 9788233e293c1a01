import type { JSX } from 'preact'
import { thresholdAt, type Calibration } from '../../../science/scores/calibration.js'
import type { Card } from '../../../science/cards/card.js'
import { operatingRates } from '../../../science/scores/metrics.js'
import { Section, Table } from '../../../platform/pages/elements.js'
import { count, falseMatchRate, rate, significant, smallInterval } from '../../../platform/pages/format.js'

/** Which threshold to set for which false match rate, for verification. */
export function CalibrationSection ({ calibration, comparison }: Card): JSX.Element {
  return (
    <Section title='Calibration'>
      {comparison !== undefined && (
        <Thresholds title='In the comparison space, which verification uses' calibration={comparison.calibration} />
      )}
      <Thresholds
        title='Translated source against target templates, in the target space'
        calibration={calibration.crossModel}
      />
      <Thresholds title='The source model alone' calibration={calibration.source} />
      <Thresholds title='The target model alone' calibration={calibration.target} />
    </Section>
  )
}

function Thresholds ({ title, calibration }: { title: string, calibration: Calibration }): JSX.Element {
  const { likelihoodRatio } = calibration
  return (
    <>
      <h3>{title}</h3>
      <Table
        caption={`From ${count(calibration.nonMatedComparisons)} comparisons of different identities, among ${
          count(calibration.identities)
        } identities; a score at or above the threshold matches`}
        columns={['Requested FMR', 'Threshold', '95 % interval of the FMR', 'Support']}
        text={[3]}
        rows={operatingRates.map(fmr => {
          const { threshold, support, interval } = thresholdAt(calibration, fmr)
          return {
            cells: [falseMatchRate(fmr), rate(threshold, 4), smallInterval(interval), support],
            kind: support === 'unsupported' ? 'unsupported' as const : undefined
          }
        })}
      />
      {likelihoodRatio !== undefined && (
        <p>
          Natural-log likelihood ratio of a score s: {significant(likelihoodRatio.slope, 6)} s{' '}
          {likelihoodRatio.offset < 0 ? '−' : '+'} {significant(Math.abs(likelihoodRatio.offset), 6)}. Cllr{' '}
          {rate(likelihoodRatio.cllr, 4)} bits, at least {rate(likelihoodRatio.minCllr, 4)} by any monotone calibration.
        </p>
      )}
    </>
  )
}
