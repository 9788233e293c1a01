import type { JSX } from 'preact'
import { renderToString } from 'preact-render-to-string'
import type { StoredMap } from '../catalogue/index.js'
import { Facts } from '../../platform/pages/elements.js'
import { drawFigures, type Figures } from '../../platform/pages/figures.js'
import { CalibrationSection } from './card-sections/calibration.js'
import { FitSection, plainSummary, ShadowSection, VerdictSection, WarningsSection } from './card-sections/fit.js'
import { GroupsSection, LearningCurveSection } from './card-sections/generalisation.js'
import { IdentificationSection } from './card-sections/identification.js'
import { LinkabilitySection } from './card-sections/linkability.js'
import { BaselinesSection, ComparisonSection, VerificationSection } from './card-sections/verification.js'
import { Document, type Place } from '../../platform/pages/document.js'

/**
 * The card of a map as a self-contained page: no script, and nothing loaded from elsewhere. The renderer escapes
 * callers' texts. What an older card lacks is left out.
 *
 * @param places where its bar leads
 * @returns an HTML document
 */
export async function renderCardPage (map: StoredMap, places: readonly Place[] = []): Promise<string> {
  const figures = await drawFigures(map.card, map.source.dimension)
  return '<!DOCTYPE html>' + renderToString(<CardPage map={map} figures={figures} places={places} />)
}

function CardPage (
  { map, figures, places }: { map: StoredMap, figures: Figures, places: readonly Place[] }
): JSX.Element {
  const { card, source, target } = map
  const title = `Map from ${source.model} to ${target.model}, version ${map.version}`
  const space = ({ model, dimension, current }: typeof source) =>
    `${model}, ${dimension} dimensions${current ? '' : ' (no longer the space of this model)'}`
  return (
    <Document title={title} places={places}>
      <h1>{title}</h1>
      <p>
        Translates templates of {source.model} so that they can be compared with those of {target.model}.{' '}
        {plainSummary(card)}
      </p>
      <p class='note'>
        Map <code>{map.id}</code>, {map.state}, fitted {map.createdAt.slice(0, 10)}.{' '}
        <a href={`/v1/maps/${map.id}`}>The same as JSON</a>
      </p>
      <VerdictSection {...card} />
      <Facts facts={[['Source', space(source)], ['Target', space(target)]]} />
      <WarningsSection {...card} />
      <ShadowSection {...card} />
      <FitSection {...card} />
      <VerificationSection card={card} figures={figures} />
      <BaselinesSection {...card} />
      <ComparisonSection {...card} />
      <CalibrationSection {...card} />
      <IdentificationSection card={card} figures={figures} />
      <LearningCurveSection card={card} figures={figures} />
      <GroupsSection {...card} />
      <LinkabilitySection card={card} />
    </Document>
  )
}
