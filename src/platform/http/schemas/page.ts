import { Type } from 'typebox'

/** Query parameters of a list that is read in pages. */
export const PageQuery = {
  limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100, description: 'How many to return at most.' }),
  after: Type.Optional(Type.String({ maxLength: 200, description: '`next` of the page before.' }))
}

export const Next = Type.Union([Type.String(), Type.Null()], { description: 'What `after` takes to read on; null on the last page.' })
