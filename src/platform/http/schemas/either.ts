/** Of a schema: an object has the members of exactly one of these forms, beside those that no form names. */
export const eitherKeyword = 'x-either'

export interface Form {
  /** members that make an object one of this form */
  readonly needs: readonly string[]
  /** further members that only this form may have */
  readonly may?: readonly string[]
}

/**
 * States which members of an object exclude each other. The OpenAPI document has the object as a `oneOf` of its forms;
 * validators do not look at it, since handlers refuse with a sentence that names what was sent.
 */
export const either = (...forms: readonly Form[]) => ({ [eitherKeyword]: forms })

/** Of a schema: a member may be there only where another one has one of these values. */
export const onlyWithKeyword = 'x-only-with'

/** Values that another member must have, by its name. */
export type Condition = Readonly<Record<string, readonly string[]>>

/**
 * States which members of an object go with which values of others. The OpenAPI document has them as
 * `dependentSchemas`; validators of requests do not look at it, as with `either`.
 */
export const onlyWith = (conditions: Readonly<Record<string, Condition>>) => ({ [onlyWithKeyword]: conditions })
