import serialize from 'canonicalize'

// Its declarations are those of an ES module; what it is, is a CommonJS module that is the function.
const canonicalize = serialize as unknown as (value: unknown) => string | undefined

/**
 * The one text of a JSON value (RFC 8785): the same for whoever computes it, from whatever order of members.
 * @throws TypeError for what is no JSON value
 */
export function canonicalJson (value: unknown): string {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('expected a JSON value')
  return text
}
