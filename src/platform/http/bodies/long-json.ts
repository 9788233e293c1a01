import { isUtf8 } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import { Problem } from '../../../errors.js'
import { createTurns, type Turns } from '../../turns.js'
import { parseJsonBody } from './json-body.js'
import { maxDepth, requireWellFormed, tooDeep } from './json-text.js'

/** Bodies up to this many bytes are parsed at once, which takes about a millisecond. */
export const maxAtOnce = 2 ** 16
/** Maximum bytes of an item of a list and of everything outside the lists, long strings not counted. */
const maxPart = 2 ** 19
/** Maximum items of a list; the schemas admit no more. */
const maxItems = 100_000
/** Strings of more bytes, such as photographs in base64, are decoded in pieces of about this size. */
const longString = 2 ** 16
/** Bytes that are checked and scanned between two looks at the clock. */
const step = 2 ** 18

const [quote, backslash, comma, opening, closing, openingBrace, closingBrace, colon, letterU] = [...'"\\,[]{}:u'].map(
  character => character.charCodeAt(0)
)
const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

/**
 * Parses a long body like `parseJsonBody`, and shares the event loop meanwhile. The lists of a document are cut out and
 * parsed item by item, and so are long strings; what takes their places stands between the brackets and quotes of the
 * client, so that the parts are JSON if and only if the body is. 60 MiB of opening brackets took JSON.parse 5 s.
 *
 * @throws Problem `body-invalid` for what `parseJsonBody` rejects, and for a part or a list that is too long
 */
export async function parseLongJson (body: Buffer): Promise<unknown> {
  const turns = createTurns()
  await requireUtf8InSteps(body, turns)
  const scanner = createScanner(body, turns)
  const document = createPart(body, 0)
  const lists: unknown[][] = []
  let depth = 0
  let name = ''
  for (let at = scanner.next(documentStructure); at < body.length; at = scanner.next(documentStructure)) {
    const byte = body[at]
    if (byte === undefined) {
      await scanner.pause(document)
    } else if (byte === quote) {
      const end = scanner.string() ?? await scanner.longString(document)
      if (depth === 1) name = end - at < 100 ? body.toString('utf8', at + 1, end) : ''
    } else if (byte === opening && depth === 1) {
      document.put(String(lists.length), at + 1, await readList(at + 1))
    } else {
      depth = nested(byte, depth)
    }
  }
  const whole = document.parse(body.length, 'body')
  if (lists.length > 0) putLists(whole, lists)
  return whole

  /** @returns position of the closing bracket */
  async function readList (start: number): Promise<number> {
    const items: unknown[] = []
    lists.push(items)
    const where = `body: ${name === '' ? 'list' : name}`
    let item = createPart(body, start)
    let inside = 0
    const next = () => scanner.next(inside === 0 ? listStructure : documentStructure)
    for (let at = next(); at < body.length; at = next()) {
      const byte = body[at]
      if (byte === undefined) {
        await scanner.pause(item)
      } else if (byte === quote) {
        if (scanner.string() === undefined) await scanner.longString(item)
      } else if (inside === 0 && (byte === comma || byte === closing)) {
        if (byte === closing && items.length === 0 && item.isBlank(at)) return at
        items.push(item.parse(at, `${where}[${items.length}]`))
        if (byte === closing) return at
        if (items.length === maxItems) {
          throw new Problem('body-invalid', `${where}: expected at most ${maxItems} items, received more`)
        }
        item = createPart(body, at + 1)
        if (turns.over()) await turns.next()
      } else {
        inside = nested(byte, inside)
        if (inside < 0) break
      }
    }
    throw new Problem('body-invalid', `${where}: expected a list of JSON values, received one that does not end`)
  }
}

/** @returns the depth behind a bracket or brace */
function nested (byte: number, depth: number): number {
  if (byte === closing || byte === closingBrace) return depth - 1
  if (depth < maxDepth) return depth + 1
  throw tooDeep('body')
}

/** Each list stands as its index between the brackets of the client. */
function putLists (document: unknown, lists: readonly (readonly unknown[])[]): void {
  const members = document as Record<string, unknown>
  for (const [name, value] of Object.entries(members)) {
    if (Array.isArray(value)) members[name] = lists[value[0] as number]
  }
}

interface Part {
  /** Text in place of the bytes from `start` to `end`. */
  put(text: string, start: number, end: number): void
  /** A long string in place of what is between two quotes. */
  putString(value: string, start: number, end: number): void
  /** @throws Problem when the part up to `at` is too long */
  check(at: number): void
  isBlank(end: number): boolean
  /** @param where where the client has the part */
  parse(end: number, where: string): unknown
}

/** A part of a body from `start`, which is parsed once its end is known. */
function createPart (body: Buffer, start = 0): Part {
  let from = start
  const pieces: Buffer[] = []
  let length = 0
  let strings: Map<string, string> | undefined
  const put = (text: string, first: number, end: number): void => {
    pieces.push(body.subarray(from, first), Buffer.from(text))
    length += first - from + text.length
    from = end
  }
  return {
    put,
    putString (value, first, end) {
      // No client can know it, so no other string of the part has it.
      const stand = randomUUID()
      strings ??= new Map()
      strings.set(stand, value)
      put(stand, first, end)
    },
    check (at) {
      if (length + at - from <= maxPart) return
      throw new Problem(
        'body-invalid',
        `body: expected items of lists, and everything outside of lists, of at most ${maxPart} bytes, received more`
      )
    },
    isBlank (end) {
      let at = start
      while (at < end && isSpace(body[at])) at++
      return at === end
    },
    parse (end, where) {
      this.check(end)
      const text = pieces.length === 0 ? body.subarray(from, end) : Buffer.concat([...pieces, body.subarray(from, end)])
      const value = parseJsonBody(text, where)
      return strings === undefined ? value : withStrings(value, strings)
    }
  }
}

/** Puts long strings back in their places, at any depth. */
function withStrings (value: unknown, strings: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return strings.get(value) ?? value
  if (typeof value === 'object' && value !== null) {
    const members = value as Record<string, unknown>
    for (const [name, member] of Object.entries(members)) members[name] = withStrings(member, strings)
  }
  return value
}

/** Finds the characters that give a document its structure. */
function createScanner (body: Buffer, turns: Turns) {
  let position = 0
  let checked = 0

  return {
    /** @returns position of the next such character, or the end of the body; -1 when a pause is due */
    next (structure: Uint8Array): number {
      const end = Math.min(body.length, checked + step)
      while (position < end && structure[body[position]!] === 0) position++
      if (position < end) return position++
      return position < body.length ? -1 : position
    },
    /** Lets others work. @throws Problem when the part is too long by now */
    async pause (part: Part): Promise<void> {
      checked = position
      part.check(position)
      if (turns.over()) await turns.next()
    },
    /** Skips the string that has just begun. @returns position of its last quote; undefined for a long one */
    string (): number | undefined {
      const end = skipString(body, position, position + longString)
      if (body[end] !== quote) return undefined
      position = end + 1
      return end
    },
    /** Cuts the string that has just begun out of its part. @returns position of its last quote */
    async longString (part: Part): Promise<number> {
      const start = position
      const text = await readLongString(start)
      part.putString(text, start, position)
      let behind = position + 1
      while (isSpace(body[behind])) behind++
      if (body[behind] === colon) {
        throw new Problem('body-invalid', `body: expected names of at most ${longString} bytes, received more`)
      }
      return position++
    }
  }

  /** @param start position of the first character of a string */
  async function readLongString (start: number): Promise<string> {
    const pieces: string[] = []
    let escaped = false
    for (let from = start; from < body.length; from = position) {
      position = skipString(body, from, from + longString)
      const bytes = body.subarray(from, position)
      escaped ||= bytes.includes(backslash!)
      pieces.push(parsePiece(bytes.toString()))
      if (turns.over()) await turns.next()
      if (body[position] !== quote) continue
      const text = pieces.join('')
      if (escaped) requireWellFormed(text, 'body')
      return text
    }
    throw new Problem('body-invalid', 'body: expected a JSON object, received a string that does not end')
  }
}

/** @param text between two quotes of JSON; half of a surrogate pair may end it */
function parsePiece (text: string): string {
  try {
    return JSON.parse(`"${text}"`) as string
  } catch {
    throw new Problem('body-invalid', `body: expected a JSON object, received a string that is not JSON`)
  }
}

/** @returns (256) 1 for those bytes */
const tableOf = (...bytes: readonly (number | undefined)[]): Uint8Array =>
  Uint8Array.from({ length: 256 }, (_, byte) => bytes.includes(byte) ? 1 : 0)
const documentStructure = tableOf(quote, opening, closing, openingBrace, closingBrace)
const listStructure = tableOf(quote, comma, opening, closing, openingBrace, closingBrace)

/** @returns position of the quote that ends a string, or of a character of it at or after `until` */
function skipString (body: Buffer, start: number, until: number): number {
  let at = start
  const end = Math.min(body.length, until)
  while (at < end && body[at] !== quote) at += body[at] !== backslash ? 1 : body[at + 1] === letterU ? 6 : 2
  // Bytes of this form continue a character.
  while (at < body.length && (body[at]! & 0xc0) === 0x80) at++
  return Math.min(at, body.length)
}

/** @throws Problem `body-invalid` */
async function requireUtf8InSteps (body: Buffer, turns: Turns): Promise<void> {
  for (let start = 0; start < body.length;) {
    let end = Math.min(body.length, start + step)
    while (end < body.length && (body[end]! & 0xc0) === 0x80 && end < start + step + 4) end++
    if (!isUtf8(body.subarray(start, end))) {
      throw new Problem('body-invalid', 'body: expected UTF-8, received bytes that are not')
    }
    start = end
    if (turns.over()) await turns.next()
  }
}
