/** The mark of Crosswalk: two spaces, and a way across. */
export const mark =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="32" height="32" fill="none" stroke="#2f7fe0" stroke-width="2.5">' +
  '<circle cx="8.5" cy="8.5" r="6"/><circle cx="23.5" cy="23.5" r="6"/>' +
  '<path d="M12.5 18.5l6-6M15 21l6-6M10 16l6-6" stroke-linecap="round"/></svg>'

/** The mark as the icon of a page, which a browser would otherwise ask the service for. */
export const icon = `data:image/svg+xml,${encodeURIComponent(mark)}`
