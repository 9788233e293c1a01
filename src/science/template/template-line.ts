import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { Problem } from '../../errors.js'
import { checkFingerprint } from './check.js'
import { readVector, writeTemplate } from './document.js'
import { membersOf, type JsonMember } from './json-text.js'
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
  readonly members: readonly JsonMember[]
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
