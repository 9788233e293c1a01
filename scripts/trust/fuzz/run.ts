import { Agent, request } from 'node:http'
import fc from 'fast-check'
import { examples } from '../../../src/platform/http/documented-examples.js'
import { readDocument } from './document.js'
import { createFiles } from './files.js'
import { createOracle, type FuzzAnswer } from './oracle.js'
import { requestsFor, type FuzzRequest } from './requests.js'
import { startOwnService } from '../own-service.js'

export interface FuzzOptions {
  readonly seed: number
  /** requests to each operation in one round */
  readonly perOperation: number
  /** rounds continue until then; one round when it is past */
  readonly until?: number
}

export interface Fuzzed {
  readonly seed: number
  /** requests by status */
  readonly statuses: Readonly<Record<string, number>>
  /** the smallest request that shows each fault, with the fault */
  readonly faults: readonly string[]
  readonly slowest: { readonly milliseconds: number, readonly request: string }
  /** MB resident, after the first round and at the end */
  readonly resident: readonly [number, number]
}

/** A longer answer counts as missing. */
const patience = 30_000

/**
 * Sends a service of its own what its OpenAPI document allows, nearly that, and nonsense; a good request after each
 * round must be answered as at the beginning.
 *
 * @throws Error when the service cannot be started
 */
export async function fuzz ({ seed, perOperation, until = 0 }: FuzzOptions): Promise<Fuzzed> {
  const server = await startOwnService()
  const agent = new Agent({ keepAlive: true })
  try {
    const statuses: Record<string, number> = {}
    const faults: string[] = []
    let slowest = { milliseconds: 0, request: '' }
    const document: unknown = JSON.parse(
      (await send({ method: 'GET', path: '/openapi.json', headers: {}, body: undefined })).body.toString()
    )
    const { operations, problem } = readDocument(document)
    const files = await createFiles(examples.face, examples.templates.r512)
    const faultOf = createOracle(problem)
    const before = await goodAnswers()
    let afterFirst = 0
    for (let round = 0; round === 0 || Date.now() < until; round++) {
      for (const operation of operations) {
        const details = await fc.check(
          fc.asyncProperty(requestsFor(operation, files), async sent => {
            const started = performance.now()
            const answer = await send(sent)
            const milliseconds = Math.round(performance.now() - started)
            if (milliseconds > slowest.milliseconds) slowest = { milliseconds, request: describe(sent) }
            statuses[answer.status] = (statuses[answer.status] ?? 0) + 1
            const fault = faultOf(operation, answer)
            if (fault !== undefined) throw new Error(fault)
          }),
          { seed: seed + round, numRuns: perOperation, endOnFailure: false, interruptAfterTimeLimit: 120_000 }
        )
        if (details.failed && details.counterexample !== null) {
          faults.push(
            `${operation.operationId} (seed ${seed + round}): ${describe(details.counterexample[0])}: ${
              String((details.errorInstance as Error | undefined)?.message)
            }`
          )
        }
      }
      const after = await goodAnswers()
      if (after !== before) {
        faults.push(`after round ${round} a good request is answered differently: ${after.slice(0, 300)}`)
      }
      if (round === 0) afterFirst = await resident()
    }
    return { seed, statuses, faults, slowest, resident: [afterFirst, await resident()] }
  } finally {
    agent.destroy()
    await server.stop()
  }

  /** @throws Error when no whole answer comes in time */
  async function send ({ method, path, headers, body }: FuzzRequest): Promise<FuzzAnswer> {
    return await new Promise((resolve, reject) => {
      const { hostname, port } = new URL(server.url)
      const sent = request({
        hostname,
        port,
        agent,
        method,
        path,
        headers: { ...headers, ...body === undefined ? {} : { 'content-length': body.length } },
        signal: AbortSignal.timeout(patience)
      }, response => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on(
          'end',
          () => resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) })
        )
        response.on('error', reject)
      })
      // A refusal may come, and its connection end, before all of the body is sent.
      sent.on('error', reject)
      sent.end(body)
    })
  }

  /** The answers to valid requests. */
  async function goodAnswers (): Promise<string> {
    const post = async (path: string, body: unknown) =>
      await send({
        method: 'POST',
        path,
        headers: { 'content-type': 'application/json' },
        body: Buffer.from(JSON.stringify(body))
      })
    const answers = [
      await post('/v1/embeddings?models=r512', { image: examples.face }),
      await post('/v1/translations', {
        target: 'r512',
        templates: [{ model: 'dlib128', data: examples.templates.dlib128 }]
      })
    ]
    return answers.map(({ status, body }) => `${status} ${body.toString()}`).join('\n')
  }

  async function resident (): Promise<number> {
    const { body } = await send({ method: 'GET', path: '/metrics', headers: {}, body: undefined })
    return Math.round(Number(/^process_resident_memory_bytes (\S+)$/m.exec(body.toString())![1]) / 1e6)
  }
}

/** A request in readable form, truncated. */
function describe ({ method, path, headers, body }: FuzzRequest): string {
  const content = body === undefined
    ? ''
    : ` ${body.length} bytes ${JSON.stringify(body.subarray(0, 300).toString('latin1'))}`
  return `${method} ${path.slice(0, 300)} ${JSON.stringify(headers).slice(0, 300)}${content}`
}
