import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { JSX } from 'preact'
import { renderToString } from 'preact-render-to-string'
import { Type } from 'typebox'
import { catalogue, Problem, type ErrorCode } from '../../errors.js'
import { Facts } from '../pages/elements.js'
import { contentSecurityPolicy, style } from '../pages/style.js'
import { problemExamples } from './problem-examples.js'
import { Prose } from './prose.js'
import { remedies } from './remedies.js'
import { closed, Enumeration } from './schemas/component.js'
import { onlyProblems } from './schemas/problem.js'

const codes = Object.keys(catalogue) as ErrorCode[]

/** The pages that the `type` of a problem document links to: what the problem is, and what to do about it. */
const routes: FastifyPluginAsyncTypebox = async app => {
  app.get('/problems/:code', {
    config: { access: 'public' },
    schema: {
      operationId: 'getProblem',
      tags: ['operations'],
      summary: 'Read about a problem and its remedy',
      params: Type.Object({ code: Enumeration(codes, { examples: ['map-missing'] }) }, closed),
      response: {
        200: { description: 'A page about the problem.', content: { 'text/html': { schema: { type: 'string' } } } },
        ...onlyProblems('request-invalid', 'route-unknown')
      }
    },
    attachValidation: true
  }, async (request, reply) => {
    const { code } = request.params
    if (request.validationError !== undefined) {
      if (request.validationError.validationContext !== 'params') throw request.validationError
      throw new Problem('route-unknown', `expected the code of a problem, received ${JSON.stringify(code)}`)
    }
    return await reply.type('text/html; charset=utf-8').header('content-security-policy', contentSecurityPolicy)
      .send('<!DOCTYPE html>' + renderToString(<ProblemPage code={code} />))
  })
}

function ProblemPage ({ code }: { code: ErrorCode }): JSX.Element {
  const { status, title } = catalogue[code]
  return (
    <html lang='en'>
      <head>
        <meta charset='utf-8' />
        <meta name='viewport' content='width=device-width, initial-scale=1' />
        <title>{code}</title>
        <style dangerouslySetInnerHTML={{ __html: style }} />
      </head>
      <body>
        <main>
          <h1>{title}</h1>
          <Facts facts={[['code', <code key='code'>{code}</code>], ['status', String(status)]]} />
          <p>
            <Prose text={remedies[code]} />
          </p>
          <pre tabIndex={0}>{JSON.stringify(problemExamples[code], null, 2)}</pre>
        </main>
      </body>
    </html>
  )
}

export default routes
