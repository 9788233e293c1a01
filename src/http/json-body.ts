import { readDecimals } from '../template/decimals.js'

const vectorKey = Buffer.from('"vector"')
/** What a text without prototype poisoning need not have, escaped or not. */
const suspicious = ['\\', '__proto__', 'constructor']
const [colon, bracket, space] = [':', '[', ' '].map(character => character.charCodeAt(0))

/**
 * Parses the JSON of a body for as long as it is plain: nothing escaped, no member that could poison a prototype, for which the
 * careful parser looks with two regular expressions, 7 us for a template of 512 numbers. Members named `vector` are
 * read by `readDecimals`, good to single precision, which templates have; nothing suspicious can stand in what it reads.
 *
 * @returns undefined for everything else, valid or not, which is the careful parser's to judge
 */
export function parsePlainJson (body: Buffer): unknown {
  const vectors: number[][] = []
  const frame = withoutVectors(body, vectors)
  const text = frame ?? body.toString()
  if (suspicious.some(part => text.includes(part))) return undefined
  try {
    const document: unknown = JSON.parse(text)
    return frame === undefined ? document : withVectors(document, vectors)
  } catch {
    return undefined
  }
}

/**
 * The text, with the position in `vectors` in the place of every array that is a member named `vector`. Without escapes the name
 * in quotes and a colon are a member wherever they stand, if the text is JSON.
 *
 * @returns undefined when one of them is something else, which could not be told from a position
 */
function withoutVectors (body: Buffer, vectors: number[][]): string | undefined {
  let text = ''
  let from = 0
  for (let at = body.indexOf(vectorKey); at >= 0; at = body.indexOf(vectorKey, from)) {
    let i = at + vectorKey.length
    if (body[i++] !== colon) return undefined
    if (body[i] === space) i++
    const read = body[i] === bracket ? readDecimals(body, i + 1) : undefined
    if (read === undefined) return undefined
    text += body.toString('utf8', from, i) + vectors.length
    vectors.push(read.values)
    from = read.end
  }
  return text + body.toString('utf8', from)
}

/** Puts vectors in their places, wherever these are. */
function withVectors (document: unknown, vectors: readonly number[][]): unknown {
  if (vectors.length === 0 || typeof document !== 'object' || document === null) return document
  for (const [key, value] of Object.entries(document)) {
    if (key === 'vector' && typeof value === 'number') (document as { vector: unknown }).vector = vectors[value]
    else withVectors(value, vectors)
  }
  return document
}
