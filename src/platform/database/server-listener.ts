import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from 'pg'
import type { NotificationHandler } from './database.js'
import { describeFailure } from './failures.js'

/** Maximum wait between two attempts to reconnect, ms. */
const maxPause = 10_000
/**
 * Interval between two checks of the connection, ms: a listener that never writes does not notice a lost connection.
 */
const heartbeat = 15_000

/**
 * LISTEN on a connection of its own, kept open while there is a handler. After a lost connection it reconnects and
 * calls every handler with null.
 */
export function createServerListener (open: () => Promise<Client>, report: (error: Error) => void) {
  const handlers = new Map<string, Set<NotificationHandler>>()
  const closing = new AbortController()
  let connection: Promise<Client> | undefined

  async function connect (): Promise<Client> {
    const client = await open().catch((error: unknown) => {
      throw describeFailure(error)
    })
    client.on('notification', ({ channel, payload }) => {
      deliver(channel, payload ?? '')
    })
    try {
      for (const channel of handlers.keys()) await client.query(`LISTEN ${client.escapeIdentifier(channel)}`)
    } catch (error) {
      await client.end().catch(() => {})
      throw describeFailure(error)
    }
    const beat = setInterval(() => {
      const silent = setTimeout(() => {
        client.end().catch(() => {})
      }, heartbeat).unref()
      client.query('SELECT 1').catch(() => {}).finally(() => {
        clearTimeout(silent)
      })
    }, heartbeat)
    beat.unref()
    client.once('end', () => {
      clearInterval(beat)
      if (closing.signal.aborted) return
      connection = reconnect()
      // Rejects only when aborted, and then nobody may be waiting for it.
      connection.catch(() => {})
    })
    return client
  }

  async function reconnect (): Promise<Client> {
    for (let pause = 100;; pause = Math.min(2 * pause, maxPause)) {
      // Jitter, so that the replicas do not all reconnect at once to a server that has just started.
      await delay(pause * (0.5 + Math.random()), undefined, { signal: closing.signal, ref: false })
      try {
        const client = await connect()
        for (const channel of handlers.keys()) deliver(channel, null)
        return client
      } catch (error) {
        if (error instanceof Error) report(error)
      }
    }
  }

  function deliver (channel: string, payload: string | null): void {
    for (const handler of handlers.get(channel) ?? []) handler(payload)
  }

  return {
    async listen (channel: string, handler: NotificationHandler): Promise<() => Promise<void>> {
      handlers.set(channel, (handlers.get(channel) ?? new Set()).add(handler))
      const stop = async () => {
        handlers.get(channel)?.delete(handler)
      }
      try {
        connection ??= connect().catch((error: unknown) => {
          connection = undefined
          throw error
        })
        const client = await connection
        await client.query(`LISTEN ${client.escapeIdentifier(channel)}`)
      } catch (error) {
        await stop()
        throw describeFailure(error)
      }
      return stop
    },

    async close (): Promise<void> {
      closing.abort()
      const client = await connection?.catch(() => undefined)
      await client?.end().catch(() => {})
    }
  }
}
