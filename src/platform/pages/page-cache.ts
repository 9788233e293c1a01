import { memoised } from '../../memoised.js'
import { createHash } from 'node:crypto'

export interface Page {
  readonly html: string
  /** Strong entity tag, quotes included, of these very bytes: another version of the service may write another page. */
  readonly etag: string
}

/** Pages kept, about 130 kB each. */
const mostPages = 50

/**
 * Renders a page once for each state of what it shows.
 *
 * @param render takes tens of milliseconds; what it rejects is forgotten
 */
export function createPageCache<T extends { readonly etag: string }> (render: (shown: T) => Promise<string>) {
  const pages = new Map<string, Promise<Page>>()
  return async (shown: T): Promise<Page> => {
    const page = memoised(
      pages,
      shown.etag,
      () => render(shown).then(html => ({ html, etag: `"${createHash('sha256').update(html).digest('base64url')}"` }))
    )
    // The oldest goes: a map's state changes seldom, and a page that is missed is drawn again.
    if (pages.size > mostPages) pages.delete(pages.keys().next().value!)
    return await page
  }
}
