import { problemExamples } from '../problem-examples.js'
import { recorded } from '../recorded-answers.js'
import { createBodies } from './bodies.js'
import { createNames } from './named-schemas.js'
import { codesIn, createRefusals, documentedHeaders } from './refusals.js'
import { mapValues, pascal, type Content, type OpenApiDocument, type Operation, type Response } from './schema.js'

const requestId = { 'x-request-id': { $ref: '#/components/headers/XRequestId' } }

/**
 * Completes the OpenAPI document that the routes give, without a word in the routes themselves. It names every body and
 * every object, makes members that exclude each other a `oneOf`, types problems by their codes, adds the refusals that
 * any operation may answer with, and shows recorded answers and problems as examples.
 *
 * The validators and serialisers of the service do not read the document: only what is documented changes here.
 */
export function completeDocument<T extends object> (generated: T): T {
  const document = generated as T & OpenApiDocument
  const operations = Object.values(document.paths).flatMap(methods =>
    Object.entries(methods).map(([method, operation]) => ({ method, operation }))
  )
  const names = createNames(document.components.schemas)
  const bodies = createBodies(names)
  const refusals = createRefusals(names, operations)

  const complete = (operation: Operation, method: string): Operation => {
    const { operationId, requestBody, responses } = operation
    const answers = Object.entries(responses).filter(([status]) => Number(status) < 400)
      .map(([status, response]): [string, Response] => [
        status,
        withExample(bodies.answer(operation, response), recorded.answers[operationId]?.[status])
      ])
    return {
      ...operation,
      ...requestBody === undefined
        ? {}
        : { requestBody: { ...requestBody, content: bodies.request(operation, requestBody.content) } },
      responses: { ...Object.fromEntries(answers), ...refusals.refusalsOf(method, operation) }
    }
  }
  const paths = mapValues(document.paths, methods => mapValues(methods, complete))
  const responses = refusals.responses()
  const shown: ReadonlySet<string> = new Set(
    [responses, ...Object.values(paths).flatMap(methods => Object.values(methods)).map(({ responses }) => responses)]
      .flatMap(each => Object.values(each)).flatMap(({ description = '' }) => codesIn(description))
  )
  return {
    ...document,
    components: {
      ...document.components,
      schemas: names.all(),
      responses,
      headers: Object.fromEntries(Object.entries(documentedHeaders).map(([name, header]) => [pascal(name), header])),
      examples: Object.fromEntries(
        Object.entries(problemExamples).filter(([code]) => shown.has(code)).map(([code, value]) => [code, { value }])
      )
    },
    paths
  }
}

/** An answer with what was recorded of it. */
function withExample (response: Response, example: unknown): Response {
  const { headers, content } = response
  const json = content?.['application/json']
  const shown: Content | undefined = json === undefined || example === undefined
    ? content
    : { ...content, 'application/json': { ...json, example } }
  return { ...response, headers: { ...requestId, ...headers }, ...shown === undefined ? {} : { content: shown } }
}
