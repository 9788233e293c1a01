import type { JSX } from 'preact'
import type { Card } from '../../../science/cards/card.js'
import type { IdentificationRates } from '../../../science/scores/identification.js'
import { Figure, Section, Table, type Row } from '../../../platform/pages/elements.js'
import type { Figures } from '../../../platform/pages/figures.js'
import { Terms } from '../../../platform/pages/terms.js'
import { count, interval, rate } from '../../../platform/pages/format.js'

/** Search in a gallery. Cards of version 1 have rank-1 alone. */
export function IdentificationSection (
  { card: { evaluation }, figures }: { card: Card, figures: Figures }
): JSX.Element {
  const { crossModel, sourceAlone, targetAlone, unaligned } = evaluation
  const row = (name: string, rates: IdentificationRates | null | undefined, kind?: Row['kind']): Row[] =>
    rates == null
      ? []
      : [{
        kind,
        cells: [
          name,
          rate(rates.rank1),
          interval(rates.rank1Interval),
          rate(rates.rank5),
          rate(rates.rank10),
          rate(rates.rank20),
          rate(rates.meanAveragePrecision),
          rate(rates.meanAveragePrecisionPooled),
          count(rates.probes),
          count(rates.gallery)
        ]
      }]
  const rows = [
    ...row('Translated, own image excluded', crossModel.identification?.otherImages, 'own'),
    ...row('Translated, own image included', crossModel.identification?.sameImage),
    ...row('Source model alone', sourceAlone.identification?.otherImages),
    ...row('Target model alone', targetAlone.identification?.otherImages),
    ...row('No map, own image excluded', unaligned.identification?.otherImages),
    ...row('No map, own image included', unaligned.identification?.sameImage)
  ]
  return (
    <Section title='Identification'>
      <Terms of={['Rank-1', 'CMC']} />
      {rows.length === 0
        ? (
          <p>
            Rank-1 {rate(crossModel.rank1)}, the probe's own image excluded; {rate(crossModel.rank1SameImage)}{' '}
            with it in the gallery.
          </p>
        )
        : (
          <Table
            caption={'Each image is searched among the others. With the probe\'s own image in the gallery, as in the paper, recognising the image is rewarded too. Identities are weighted equally except in "pooled"'}
            columns={[
              '',
              'Rank-1',
              '95 % interval',
              'Rank-5',
              'Rank-10',
              'Rank-20',
              'mAP',
              'mAP, pooled',
              'Probes',
              'Gallery'
            ]}
            rows={rows}
          />
        )}
      <Figure
        id='cmc'
        title='Cumulative match characteristic'
        drawings={figures.cmc}
        description={'Share of the probes with a mate at this rank or better, identities weighted equally; higher is better. The probe\'s own image is excluded except in the curve "with own image".'}
      />
    </Section>
  )
}
