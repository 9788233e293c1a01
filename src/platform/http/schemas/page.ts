import { Type } from 'typebox'

/** Query parameters of a paginated list. */
export const PageQuery = {
  limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100, description: 'Maximum number of items to return.' }),
  after: Type.Optional(Type.String({ maxLength: 200, description: 'The `next` of the previous page.' }))
}

/** For a list that had no pages once: clients that do not know of pages get the largest one. */
export const WholePageQuery = { ...PageQuery, limit: { ...PageQuery.limit, default: 1000 } }

export const Next = Type.Union([Type.String(), Type.Null()], {
  description: 'Value of `after` for the next page; null on the last page.'
})
