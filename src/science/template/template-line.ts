import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { Problem } from '../../errors.js'
import { checkFingerprint } from './check.js'
import { readVector, writeTemplate } from './document.js'
import type { Space } from './space.js'

/** The members that are read. All others belong to the caller and are kept. */
const Line = Type.Object({
  model: Type.Optional(Type.String()),
  fingerprint: Type.Optional(Type.String()),
  vector: Type.Optional(Type.Array(Type.Number())),
  data: Type.Optional(Type.String())
})
const lines = Compile(Line)
const ownMembers = ['model', 'fingerprint', 'vector', 'data'] as const
type OwnMember = typeof ownMembers[number]

/**
 * A template on a line of NDJSON, its members as text, so that numbers beyond double precision are kept as they are.
 */
export interface TemplateLine {
  readonly members: readonly { readonly name: string, readonly text: string }[]
  readonly vector: Float32Array
}

/**
 * Reads one JSON object with a template in it. It may name its model and fingerprint; other members may be anything.
 *
 * @throws Problem `body-invalid`, `template-invalid`, `fingerprint-mismatch`; none of them quotes the line
 */
export function readTemplateLine (text: string, space: Space): TemplateLine {
  const document = parse(text)
  if (!lines.Check(document)) {
    const [error] = lines.Errors(document)
    throw new Problem(
      'body-invalid',
      `expected an object with "vector" or "data", but ${error?.instancePath.slice(0, 40) ?? ''} ` +
        `${error?.message ?? 'it is not'}`
    )
  }
  const members = membersOf(text)
  const twice = ownMembers.find(own => members.filter(({ name }) => name === own).length > 1)
  if (twice !== undefined) throw new Problem('body-invalid', `expected "${twice}" once, received it more often`)
  if (document.model !== undefined && document.model !== space.model) {
    throw new Problem(
      'template-invalid',
      `expected a template of model "${space.model}", received one of ${JSON.stringify(document.model.slice(0, 63))}`
    )
  }
  checkFingerprint(document.fingerprint, space, 'template')
  return { members, vector: readVector(document, space, 'template') }
}

/** The same line with a template of another space, its vector in the same form as before. */
export function writeTemplateLine ({ members }: TemplateLine, space: Space, vector: Float32Array): string {
  const form = members.some(({ name }) => name === 'data') ? 'base64' : 'numbers'
  const own = new Map(
    Object.entries(writeTemplate(space, vector, form)).map(([name, value]) => [
      name,
      `"${name}":${JSON.stringify(value)}`
    ])
  )
  const take = (name: string): string[] => {
    const text = own.get(name)
    own.delete(name)
    return text === undefined ? [] : [text]
  }
  const named = (name: string) => members.some(member => member.name === name)
  const heading = [...(named('model') ? [] : take('model')), ...(named('fingerprint') ? [] : take('fingerprint'))]
  return `{${[...heading, ...members.flatMap(({ name, text }) => isOwn(name) ? take(name) : [text])].join(',')}}`
}

/** The members of a line other than its template, as JSON text. */
export function otherMembers ({ members }: TemplateLine): string[] {
  return members.filter(({ name }) => !isOwn(name)).map(({ text }) => text)
}

const isOwn = (name: string): name is OwnMember => (ownMembers as readonly string[]).includes(name)

function parse (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Problem(
      'body-invalid',
      `expected a JSON object, received ${text.startsWith('\ufeff') ? 'a byte order mark before it' : 'what is none'}`
    )
  }
}

/**
 * The members of an object, each from the quote of its name to the end of its value.
 * @param text of a JSON object that parses
 */
function membersOf (text: string): { name: string, text: string }[] {
  const members: { name: string, text: string }[] = []
  let at = pastSpace(text, text.indexOf('{') + 1)
  while (text[at] !== '}') {
    const start = at
    const nameEnd = endOfString(text, start)
    const value = pastSpace(text, text.indexOf(':', nameEnd) + 1)
    const end = endOfValue(text, value)
    members.push({ name: JSON.parse(text.slice(start, nameEnd)) as string, text: text.slice(start, end) })
    at = pastSpace(text, end)
    if (text[at] === ',') at = pastSpace(text, at + 1)
  }
  return members
}

function pastSpace (text: string, from: number): number {
  let at = from
  while (text[at] === ' ' || text[at] === '\t' || text[at] === '\r' || text[at] === '\n') at++
  return at
}

/** @param from position of the opening quote */
function endOfString (text: string, from: number): number {
  for (let at = from + 1;; at++) {
    const quotes = text.indexOf('"', at)
    let escapes = 0
    while (text[quotes - 1 - escapes] === '\\') escapes++
    if (escapes % 2 === 0) return quotes + 1
    at = quotes
  }
}

function endOfValue (text: string, from: number): number {
  if (text[from] === '"') return endOfString(text, from)
  let depth = 0
  for (let at = from;;) {
    const character = text[at]
    if (character === '"') {
      at = endOfString(text, at)
      continue
    }
    if (depth === 0 && at > from && ',} \t\r\n'.includes(character!)) return at
    if (character === '{' || character === '[') depth++
    if ((character === '}' || character === ']') && --depth === 0) return at + 1
    at++
  }
}
