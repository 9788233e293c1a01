import { Problem } from '../../../errors.js'
import { byteOrderMark } from '../../utf8.js'

/** A text without these needs no second check: an escape may hide the other two or half of a surrogate pair. */
const suspicious = ['\\', '__proto__', 'constructor'] as const

export const isSuspicious = (text: string): boolean => suspicious.some(part => text.includes(part))

/**
 * Parses JSON like JSON.parse, and also rejects a byte order mark (RFC 8259, section 8.1), unpaired surrogates, which
 * UTF-8 cannot carry to the database (RFC 7493, section 2.1), and members that could replace a prototype.
 *
 * @param where where the client has the text, for the error
 * @throws Problem `body-invalid`
 */
export function parseJsonText (text: string, where: string): unknown {
  if (text.startsWith(byteOrderMark)) {
    throw new Problem('body-invalid', `${where}: expected JSON without a byte order mark, received one`)
  }
  if (text.length > longText) refuseDeep(text, where)
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    // What the text says is not repeated: it may be a template.
    const received = text === '' ? 'nothing' : `${text.length} characters that are not JSON`
    throw new Problem('body-invalid', `${where}: expected a JSON object, received ${received}`)
  }
  if (isSuspicious(text)) refuseUnsafe(document, where)
  return document
}

/** Texts of more characters are refused when they nest deeper than any request does. */
const longText = 2 ** 16
/** Maximum nesting of lists and objects. JSON.parse takes 170 ms for a MiB of opening brackets. */
export const maxDepth = 64

/** Counts brackets and braces outside of strings. @throws Problem `body-invalid` */
function refuseDeep (text: string, where: string): void {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '"') {
      at++
      while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
    } else if (character === '[' || character === '{') {
      if (++depth > maxDepth) throw tooDeep(where)
    } else if (character === ']' || character === '}') {
      depth--
    }
  }
}

export const tooDeep = (where: string) =>
  new Problem('body-invalid', `${where}: expected at most ${maxDepth} levels of nesting, received more`)

function refuseUnsafe (document: unknown, where: string): void {
  const open = [document]
  while (open.length > 0) {
    const value = open.pop()
    if (typeof value === 'string') requireWellFormed(value, where)
    if (typeof value !== 'object' || value === null) continue
    for (const [name, member] of Object.entries(value)) {
      requireWellFormed(name, where)
      if (name === '__proto__' || (name === 'constructor' && isObjectWith(member, 'prototype'))) {
        throw new Problem(
          'body-invalid',
          `${where}: expected no member that could replace a prototype, received "${name}"`
        )
      }
      open.push(member)
    }
  }
}

const isObjectWith = (value: unknown, name: string): boolean =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)

/** @throws Problem `body-invalid` */
export function requireWellFormed (text: string, where: string): void {
  if (!text.isWellFormed()) {
    throw new Problem('body-invalid', `${where}: expected well-formed Unicode, received an unpaired surrogate`)
  }
}
