import { catalogue, type Problem } from '../../errors.js'

/** @param requestId of the request that it answers, as in the log */
export function problemDocument (
  { code, detail, extensions }: Pick<Problem, 'code' | 'detail' | 'extensions'>,
  requestId: string
) {
  const { status, title } = catalogue[code]
  return { type: `/problems/${code}`, title, status, code, detail, requestId, ...extensions }
}
