import { connect, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { examples } from '../../src/platform/http/documented-examples.js'
import { readDocument } from './fuzz/document.js'
import { createFiles } from './fuzz/files.js'
import { callsOf, embeddingCall, type Call } from './hang-ups/calls.js'
import { startOwnService } from './own-service.js'

export const stages = [
  'in the headers',
  'before the body',
  'in the body',
  'before the answer',
  'in the answer',
  'pipelined'
] as const
type Stage = typeof stages[number]

export interface HungUp {
  readonly operations: number
  /** closed connections, by the stage of their request */
  readonly aborted: Readonly<Record<Stage, number>>
  /** what operations still held after their callers had left */
  readonly held: readonly string[]
  /** operations that were not answered correctly afterwards */
  readonly unanswered: readonly string[]
}

/** Milliseconds after which the work of a caller who left is done. */
const patience = 180_000
/** What exchanges hold, as `GET /metrics` has it; the request for the metrics is one itself. */
const gauges = {
  http_requests_in_flight: 1,
  admissions_in_flight: 0,
  event_streams_open: 0,
  request_body_bytes: 0
} as const

export interface HangUpOptions {
  /** minimum number of aborts; each operation is covered at least once */
  readonly atLeast: number
  /**
   * ms between the sending of a request and its caller's leaving: at each of these, at every stage, once by FIN and
   * once by RST
   */
  readonly moments: readonly number[]
  /** whether operations are called with every kind of body that they accept, instead of one */
  readonly everyBody: boolean
}

/**
 * Closes the connection on every operation of a service of its own, at every stage, by FIN and by RST; afterwards
 * nothing may be held, and the operation must answer.
 *
 * @throws Error when the service cannot be started
 */
export async function hangUp ({ atLeast, moments, everyBody }: HangUpOptions): Promise<HungUp> {
  const server = await startOwnService()
  try {
    const { operations } = readDocument(await (await fetch(`${server.url}/openapi.json`)).json())
    const calls = callsOf(operations, await createFiles(examples.face, examples.templates.r512), everyBody)
    const aborted = Object.fromEntries(stages.map(stage => [stage, 0])) as Record<Stage, number>
    const held: string[] = []
    const unanswered: string[] = []
    const total = () => Object.values(aborted).reduce((sum, count) => sum + count, 0)
    for (let round = 0; round === 0 || total() < atLeast; round++) {
      for (const call of calls) {
        const possible = call.body.length > 0 ? stages : stages.filter(stage => !stage.endsWith('the body'))
        const leave = async (stage: Stage, by: 'FIN' | 'RST', moment: number) => {
          await abort(server.url, call, stage, by, moment)
          aborted[stage]++
        }
        await Promise.all(
          possible.flatMap(stage =>
            moments.flatMap(moment => [leave(stage, 'FIN', moment), leave(stage, 'RST', moment)])
          )
        )
        const left = await heldBy(server.url)
        if (left !== undefined) held.push(`${call.name}: ${left}`)
        const status = await statusOf(server.url, call)
        if (status === undefined || status >= 500) unanswered.push(`${call.name}: ${status ?? 'no answer'}`)
      }
    }
    return { operations: operations.length, aborted, held, unanswered }
  } finally {
    await server.stop()
  }
}

/** Resolves when the connection is closed, after `moment` ms or, in an answer, with its first bytes. */
async function abort (url: string, call: Call, stage: Stage, by: 'FIN' | 'RST', moment: number): Promise<void> {
  const socket = await opened(url)
  await new Promise<void>(resolve => {
    const leave = () => {
      if (by === 'FIN') socket.destroy()
      else socket.resetAndDestroy()
    }
    socket.on('error', () => {})
    socket.once('close', () => resolve())
    // Read, so that the end of the connection is a FIN.
    socket.on('data', () => {
      if (stage === 'in the answer') leave()
    })
    socket.write(bytesUntil(stage, call), () => {
      if (stage !== 'in the answer') setTimeout(moment).then(leave, leave)
    })
  })
}

function bytesUntil (stage: Stage, { head, body }: Call): Buffer {
  switch (stage) {
    case 'in the headers':
      return head.subarray(0, head.length - 10)
    case 'before the body':
      return head
    case 'in the body':
      return Buffer.concat([head, body.subarray(0, Math.ceil(body.length / 2))])
    // Those behind the first have no response of their own yet.
    case 'pipelined':
      return Buffer.concat([embeddingCall, ...Array.from({ length: 3 }, () => [head, body]).flat()])
    default:
      return Buffer.concat([head, body])
  }
}

/** @returns what is held when all that was begun should have ended; undefined when it is nothing */
async function heldBy (url: string): Promise<string | undefined> {
  for (const until = Date.now() + patience;;) {
    const metrics = await (await fetch(`${url}/metrics`)).text()
    const left = Object.entries(gauges).flatMap(([name, idle]) => {
      const value = Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)![1])
      return value === idle ? [] : [`${name} ${value}`]
    })
    if (left.length === 0) return undefined
    if (Date.now() > until) return left.join(', ')
    await setTimeout(20)
  }
}

/** @returns undefined when there is no answer */
async function statusOf (url: string, { head, body }: Call): Promise<number | undefined> {
  const socket = await opened(url)
  return await new Promise(resolve => {
    let text = ''
    socket.on('error', () => {})
    socket.on('data', (piece: Buffer) => {
      text += piece.toString('latin1').slice(0, 20)
      if (text.length < 12) return
      resolve(Number(text.slice(9, 12)))
      socket.destroy()
    })
    socket.setTimeout(patience, () => socket.destroy())
    socket.once('close', () => resolve(undefined))
    socket.write(Buffer.concat([head, body]))
  })
}

async function opened (url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  return await new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => resolve(socket))
    socket.once('error', reject)
  })
}
