import { Type } from 'typebox'

/** Query parameters of a list that is read in pages. */
export const PageQuery = {
  limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100, description: 'How many to return at most.' }),
  after: Type.Optional(Type.String({ maxLength: 200, description: '`next` of the page before.' }))
}

/** Of a list that had no pages once: who does not know them reads as much as a page may hold. */
export const WholePageQuery = { ...PageQuery, limit: { ...PageQuery.limit, default: 1000 } }

export const Next = Type.Union([Type.String(), Type.Null()], {
  description: 'What `after` takes to read on; null on the last page.'
})
