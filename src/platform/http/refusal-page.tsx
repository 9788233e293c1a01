import { renderToString } from 'preact-render-to-string'
import { catalogue, type Problem } from '../../errors.js'
import { Document, signInPath, type Place } from '../pages/document.js'
import { remedies } from './remedies.js'
import { Prose } from './prose.js'

/**
 * Renders a problem for somebody who opened a page with a browser: what is wrong, and what to do about it.
 * @param places where the bar leads; none where the explorer is switched off
 */
export function renderRefusal (
  { code, detail }: Pick<Problem, 'code' | 'detail'>,
  { id, url }: { readonly id: string, readonly url: string },
  places: readonly Place[]
): string {
  const { title } = catalogue[code]
  return '<!DOCTYPE html>' + renderToString(
    <Document title={title} places={places}>
      <h1>{title}</h1>
      <p>{detail}</p>
      <p>
        <Prose text={remedies[code]} />
      </p>
      {code === 'scope-missing' && places.length > 0 && (
        <p>
          <a href={`${signInPath}?next=${encodeURIComponent(url)}`}>Sign in with another key</a>
        </p>
      )}
      <p class='note'>
        <a href={`/problems/${code}`}>{code}</a>, request {id}
      </p>
    </Document>
  )
}
