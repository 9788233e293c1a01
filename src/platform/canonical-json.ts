import serialize from 'canonicalize'

// The package declares an ES module, but it is a CommonJS module that is the function itself.
const canonicalize = serialize as unknown as (value: unknown) => string | undefined

/**
 * Canonical text of a JSON value (RFC 8785): the same for every implementation, whatever the order of members.
 * @throws TypeError for a value that is not JSON
 */
export function canonicalJson (value: unknown): string {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('expected a JSON value')
  return text
}
