import { isUtf8 } from 'node:buffer'
import { readDecimals } from '../../../science/template/decimals.js'
import { decodeUtf8 } from '../../utf8.js'
import { isSuspicious, parseJsonText } from './json-text.js'

const [colon, bracket, quote, space] = [':', '[', '"', ' '].map(character => character.charCodeAt(0))

/** A member that makes a body long, and what reads its value. */
interface LongMember {
  readonly name: string
  readonly key: Buffer
  /**
   * @param at the first character of the value
   * @returns the value, and where its last character has ended, which closes it as its first one has opened it;
   *   undefined for what is not known
   */
  read(body: Buffer, at: number): { readonly value: unknown, readonly end: number } | undefined
  /** The position that stands in the place of what the value held. */
  positionIn(value: unknown): number
}

/** Templates in their two forms. The first of them that a body has is read apart from the rest. */
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
    /** @throws SyntaxError for what JSON does not allow in a text, such as a control character */
    read (body, at) {
      const end = (body[at] === quote ? body.indexOf('"', at + 1) : -1) + 1
      const text = body.toString('utf8', at, end)
      return end === 0 || text.includes('\\') ? undefined : { value: JSON.parse(text), end }
    },
    positionIn: Number
  }
]

/**
 * The document of a body: what JSON.parse gives, but for numbers of members named `vector`, which are good to single
 * precision.
 *
 * @throws Problem `body-invalid` for what JSON.parse refuses, and what `parseJsonText` refuses beside it
 */
export const parseJsonBody = (body: Buffer): unknown =>
  parsePlainJson(body) ?? parseJsonText(decodeUtf8(body, 'body'), 'body')

/**
 * Parses the JSON of a body for as long as it is plain: nothing escaped, no member that could poison a prototype.
 * Members named `vector` are read by `readDecimals`, good to single precision, which templates have; in a body without
 * them, those named `data` are parsed one by one, which spares 0.7 MB of text a conversion as a whole. Members can
 * stand in neither, and so nothing suspicious.
 *
 * @returns undefined for everything else, valid or not, which `parseJsonText` judges
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
 * The text, with a position in `values` in the place of what stands between the brackets or the quotes of every such
 * member. These stay where the caller has them: what follows them can no more become part of a position than of a
 * vector, and the text is JSON if and only if the body is. Without escapes the name in quotes and a colon are a member
 * wherever they stand, so every value of such a member is a position, and none is the caller's.
 *
 * @returns undefined when one of them is something else
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

/** Puts values in their places, wherever these are: `[3]` and `"3"` give way to the fourth. */
function putMembers (document: unknown, member: LongMember, values: readonly unknown[]): void {
  if (typeof document !== 'object' || document === null) return
  for (const [key, value] of Object.entries(document)) {
    if (key === member.name) (document as Record<string, unknown>)[key] = values[member.positionIn(value)]
    else putMembers(value, member, values)
  }
}
