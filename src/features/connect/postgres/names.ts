/** An identifier in SQL. */
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** A table in SQL. @param table with its schema before a point, if it is not on the search_path */
export function quoteTable (table: string): string {
  const point = table.indexOf('.')
  return point === -1
    ? quoteName(table)
    : `${quoteName(table.slice(0, point))}.${quoteName(table.slice(point + 1))}`
}

/** A literal in SQL; the sessions of the service have `standard_conforming_strings` on. */
export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** Postgres cuts longer identifiers off. */
const maxNameBytes = 63

/** A name with an ending, cut so that the ending stays. */
export function nameWith (name: string, ending: string): string {
  const bytes = Buffer.from(name)
  const room = maxNameBytes - Buffer.byteLength(ending)
  return (bytes.length <= room ? name : bytes.toString('utf8', 0, room).replace(/\uFFFD+$/, '')) + ending
}
