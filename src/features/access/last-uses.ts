import type { Logger } from 'pino'
import type { ApiKeyRepository } from './api-keys-repository.js'

/** Milliseconds between two writes of last uses. */
const interval = 60_000

/** When keys were last used: noted in memory, written once a minute and at the end, never while a request waits. */
export function createLastUses (repository: Pick<ApiKeyRepository, 'recordUses'>, log: Logger) {
  let uses = new Map<string, Date>()

  async function write (): Promise<void> {
    if (uses.size === 0) return
    const written = uses
    uses = new Map()
    await repository.recordUses(written).catch((error: unknown) => {
      // A failed write is retried with the next one; a later use takes precedence.
      for (const [id, at] of written) if (!uses.has(id)) uses.set(id, at)
      log.warn({ err: error }, 'could not write the last uses of API keys')
    })
  }

  const timer = setInterval(() => {
    write().catch(() => {})
  }, interval)
  timer.unref()

  return {
    note (id: string): void {
      uses.set(id, new Date())
    },
    write,
    async close (): Promise<void> {
      clearInterval(timer)
      await write()
    }
  }
}
