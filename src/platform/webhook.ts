import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'

/** Something that an operator should hear of. */
interface Alarm {
  /** what kind, such as `crosswalk.drift.scores` */
  readonly type: string
  /** what it is about, such as a model */
  readonly subject: string
  /** never anything that callers sent */
  readonly data: Readonly<Record<string, string | number>>
}

/** Delivers alarms. */
export interface Webhook {
  /** Returns at once. */
  raise(alarm: Alarm): void
  /** Alarms that the receiver did not take. */
  lost(): number
  /** Stops trying. */
  close(): void
}

export interface WebhookOptions {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** of this service, for the receiver */
  readonly source: string
}

/** Milliseconds before each further attempt. */
const pauses = [1000, 5000, 30_000, 120_000, 600_000]
/** Milliseconds that the receiver has. */
const patience = 10_000
/** Alarms that wait at most, for a receiver that is away. */
const maxWaiting = 100

/**
 * Posts each alarm as a CloudEvent (https://github.com/cloudevents/spec, version 1.0, structured JSON), until the
 * receiver answers 2xx or has been asked six times, in twelve minutes. Its attempts have one id.
 *
 * @param delays before each further attempt
 */
export function createWebhook (
  { url, headers, source }: WebhookOptions,
  log: Logger,
  delays: readonly number[] = pauses
): Webhook {
  const closing = new AbortController()
  let waiting = 0
  let lost = 0

  async function deliver ({ type, subject, data }: Alarm): Promise<void> {
    const body = JSON.stringify({
      specversion: '1.0',
      id: randomUUID(),
      source,
      type,
      subject,
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      data
    })
    for (let attempt = 0;; attempt++) {
      const failure = await post(body).then(() => undefined, (error: unknown) => error)
      if (failure === undefined) return
      if (attempt === delays.length || closing.signal.aborted) throw failure
      await setTimeout(delays[attempt], undefined, { signal: closing.signal, ref: false })
    }
  }

  async function post (body: string): Promise<void> {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/cloudevents+json' },
      body,
      // A redirection would take the headers, which may hold a secret, elsewhere.
      redirect: 'error',
      signal: AbortSignal.any([closing.signal, AbortSignal.timeout(patience)])
    })
    await answer.arrayBuffer()
    if (!answer.ok) throw new Error(`the receiver of alarms answered ${answer.status}`)
  }

  return {
    raise (alarm) {
      if (waiting === maxWaiting) {
        lost++
        return
      }
      waiting++
      deliver(alarm).catch((error: unknown) => {
        lost++
        log.warn({ err: error, type: alarm.type, subject: alarm.subject }, 'an alarm was not delivered')
      }).finally(() => {
        waiting--
      })
    },
    lost: () => lost,
    close: () => closing.abort()
  }
}
