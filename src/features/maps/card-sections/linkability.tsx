import type { JSX } from 'preact'
import type { Card } from '../../../science/cards/card.js'
import { linkabilityOf } from '../../../science/cards/linkability.js'
import { Facts, Section } from '../../../platform/pages/elements.js'
import { count, falseMatchRate, rate } from '../../../platform/pages/format.js'

/** What an attacker with the map, or with its pairs, can link. Cards of version 1 have no distribution of scores. */
export function LinkabilitySection ({ card }: { card: Card }): JSX.Element | null {
  const found = linkabilityOf(card)
  if (found === null) return null
  const { translated, unaligned, fewest, share95 } = found
  return (
    <Section title='Linkability'>
      <p>
        Translation does not protect templates: anyone with this map can tell which templates of the two systems belong
        to the same person. The measure is D<sub>sys</sub>{' '}
        of Gomez-Barrero et al. (2018) on the held-out scores, from 0, unlinkable, to 1, fully linkable.
      </p>
      <Facts
        facts={[
          ['With the map', rate(translated)],
          ['Without a map', rate(unaligned)],
          ...fewest === null
            ? []
            : [
              [
                `With ${count(fewest.pairs)} pairs`,
                `TMR ${rate(fewest.tmr)} at FMR ${
                  falseMatchRate(fewest.fmr)
                }, the smallest number of the learning curve`
              ] satisfies [string, string]
            ],
          ...share95 === null
            ? []
            : [
              ['As good as with all', `${count(share95)} pairs or more, within 5 % of the TMR`] satisfies [
                string,
                string
              ]
            ]
        ]}
      />
    </Section>
  )
}
