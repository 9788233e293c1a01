import { createHash } from 'node:crypto'
import { Problem } from '../errors.js'
import { canonicalJson } from './canonical-json.js'

/** The value of `If-Match` or `If-None-Match`: `*`, or entity tags with their quotes. */
export type EntityTags = '*' | readonly string[]

/**
 * The conditions of a change (RFC 9110, section 13). A repository evaluates them in the transaction of the change,
 * while it holds the lock: otherwise two clients that saw the same state could both succeed.
 */
export interface Preconditions {
  readonly ifMatch?: EntityTags | undefined
  readonly ifNoneMatch?: EntityTags | undefined
}

export const unconditional: Preconditions = {}

export const isConditional = ({ ifMatch, ifNoneMatch }: Preconditions): boolean =>
  ifMatch !== undefined || ifNoneMatch !== undefined

/**
 * A strong entity tag (RFC 9110, section 8.8.3), quotes included.
 * @param state JSON values that differ whenever the resource does
 */
export function entityTag (...state: readonly unknown[]): string {
  return `"${createHash('sha256').update(canonicalJson(state)).digest('base64url')}"`
}

/**
 * Evaluates the preconditions of a change, `If-Match` first (RFC 9110, section 13.2.2).
 *
 * @param currentTag reads the current tag of the resource, undefined when it does not exist; not called for an
 *   unconditional change
 * @throws Problem `precondition-failed`
 */
export async function requirePreconditions (
  preconditions: Preconditions,
  currentTag: () => Promise<string | undefined>
): Promise<void> {
  if (!isConditional(preconditions)) return
  const { ifMatch, ifNoneMatch } = preconditions
  const tag = await currentTag()
  if (ifMatch !== undefined && !matchesStrongly(ifMatch, tag)) {
    throw new Problem(
      'precondition-failed',
      `If-Match: expected ${tag ?? 'a resource that exists'}, received ${textOf(ifMatch)}`
    )
  }
  if (ifNoneMatch !== undefined && matchesWeakly(ifNoneMatch, tag)) {
    throw new Problem(
      'precondition-failed',
      ifNoneMatch === '*'
        ? 'If-None-Match: expected no such resource, there is one'
        : `If-None-Match: expected a state other than ${tag!}, received ${textOf(ifNoneMatch)}`
    )
  }
}

/** Strong comparison, as `If-Match` requires: a weak tag matches nothing. */
export function matchesStrongly (tags: EntityTags, tag: string | undefined): boolean {
  return tag !== undefined && (tags === '*' || (!tag.startsWith('W/') && tags.includes(tag)))
}

/** Weak comparison, as `If-None-Match` requires: it ignores whether tags are weak. */
export function matchesWeakly (tags: EntityTags, tag: string | undefined): boolean {
  return tag !== undefined && (tags === '*' || tags.some(other => opaque(other) === opaque(tag)))
}

const opaque = (tag: string): string => tag.replace(/^W\//, '')
const textOf = (tags: EntityTags): string => tags === '*' ? '*' : tags.join(', ')
