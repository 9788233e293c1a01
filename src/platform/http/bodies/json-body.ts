import { isUtf8 } from 'node:buffer'
import { readDecimals } from '../../../science/template/decimals.js'
import { decodeUtf8 } from '../../utf8.js'
import { isSuspicious, parseJsonText } from './json-text.js'

const [colon, bracket, quote, space] = [':', '[', '"', ' '].map(character => character.charCodeAt(0))

/** A member that makes a body long, and the reader of its value. */
interface LongMember {
  readonly name: string
  readonly key: Buffer
  /**
   * @param at position of the first character of the value
   * @returns the value, and the position behind its last character, which closes what the first one opened; undefined
   *   for an unknown form
   */
  read(body: Buffer, at: number): { readonly value: unknown, readonly end: number } | undefined
  /** The index that stands in place of the content of the value. */
  positionIn(value: unknown): number
}

/** Templates in their two forms. The first of them that occurs in a body is read separately. */
const longMembers: readonly LongMember[] = [
  {
    name: 'vector',
    key: Buffer.from('"vector"'),
    read (body, at) {
      const found = body[at] === bracket ? readDecimals(body, at + 1) : undefined
      return found && { value: found.values, end: found.end }
    },
    positionIn: value => (value as readonly number[])[0]!
  },
  {
    name: 'data',
    key: Buffer.from('"data"'),
    /** @throws SyntaxError for what JSON does not allow in a string, such as a control character */
    read (body, at) {
      const end = (body[at] === quote ? body.indexOf('"', at + 1) : -1) + 1
      const text = body.toString('utf8', at, end)
      return end === 0 || text.includes('\\') ? undefined : { value: JSON.parse(text), end }
    },
    positionIn: Number
  }
]

/**
 * Parses the document of a body like JSON.parse, except that numbers of members named `vector` have single precision.
 *
 * @param where where the client has the document, for the error
 * @throws Problem `body-invalid` for what JSON.parse rejects, and for what `parseJsonText` rejects in addition
 */
export const parseJsonBody = (body: Buffer, where = 'body'): unknown =>
  parsePlainJson(body) ?? parseJsonText(decodeUtf8(body, where), where)

/**
 * Parses plain JSON: without escapes and without members that could poison a prototype. Members named `vector` are read
 * by `readDecimals` with single precision, which templates have. In a body without them, members named `data` are
 * parsed one by one, which avoids converting 0.7 MB of text as a whole. Neither can contain members, and so nothing
 * suspicious.
 *
 * @returns undefined for everything else, valid or not; `parseJsonText` decides
 */
function parsePlainJson (body: Buffer): unknown {
  if (!isUtf8(body)) return undefined
  const values: unknown[] = []
  const member = longMembers.find(({ key }) => body.includes(key))
  try {
    const frame = member && withoutMembers(body, member, values)
    const text = frame ?? body.toString()
    if (isSuspicious(text)) return undefined
    const document: unknown = JSON.parse(text)
    if (frame !== undefined) putMembers(document, member!, values)
    return document
  } catch {
    return undefined
  }
}

/**
 * Replaces what is between the brackets or the quotes of every such member by an index into `values`. The brackets and
 * quotes stay where the client has them: what follows them can no more become part of an index than of a vector, and
 * the text is JSON if and only if the body is. Without escapes, the quoted name and a colon are a member wherever they
 * occur, so every value of such a member is an index, and none is the client's.
 *
 * @returns undefined when one of the values has another form
 */
function withoutMembers (body: Buffer, { key, read }: LongMember, values: unknown[]): string | undefined {
  let text = ''
  let from = 0
  for (let at = body.indexOf(key); at >= 0; at = body.indexOf(key, from)) {
    let i = at + key.length
    if (body[i++] !== colon) return undefined
    if (body[i] === space) i++
    const found = read(body, i)
    if (found === undefined) return undefined
    text += body.toString('utf8', from, i + 1) + values.length
    values.push(found.value)
    from = found.end - 1
  }
  return text + body.toString('utf8', from)
}

/** Puts the values back in their places, at any depth: `[3]` and `"3"` become the fourth value. */
function putMembers (document: unknown, member: LongMember, values: readonly unknown[]): void {
  if (typeof document !== 'object' || document === null) return
  for (const [key, value] of Object.entries(document)) {
    if (key === member.name) (document as Record<string, unknown>)[key] = values[member.positionIn(value)]
    else putMembers(value, member, values)
  }
}
