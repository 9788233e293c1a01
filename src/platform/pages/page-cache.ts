import { memoised } from '../../memoised.js'
import { createHash } from 'node:crypto'

export interface Page {
  readonly html: string
  /** Strong entity tag of these very bytes, quotes included: another version of the service may render another page. */
  readonly etag: string
}

/** Maximum cached pages, about 130 kB each. */
const maxPages = 50

/**
 * Renders a page once for each state of what it shows.
 *
 * @param render takes tens of milliseconds; a rejection is not cached
 */
export function createPageCache<T extends { readonly etag: string }> (render: (shown: T) => Promise<string>) {
  const pages = new Map<string, Promise<Page>>()
  return async (shown: T): Promise<Page> => {
    const page = memoised(
      pages,
      shown.etag,
      () => render(shown).then(html => ({ html, etag: `"${createHash('sha256').update(html).digest('base64url')}"` }))
    )
    // Evicts the oldest: the state of a map seldom changes, and a missing page is rendered again.
    if (pages.size > maxPages) pages.delete(pages.keys().next().value!)
    return await page
  }
}
