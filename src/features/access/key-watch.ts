import { Problem } from '../../errors.js'
import type { Exchange } from '../../platform/http/plugins/exchange.js'
import type { Refusal } from './caller.js'

export const refusals: Readonly<Record<Refusal, string>> = {
  malformed: 'expected Authorization: Bearer cw_<prefix>_<secret>, received something else',
  unknown: 'expected an API key of this service, received an unknown one',
  expired: 'expected a valid API key, received an expired one',
  revoked: 'expected a valid API key, received a revoked one'
}

/** Milliseconds between two checks of the keys of open exchanges. */
const interval = 1000

/** Why a key or a session that was accepted earlier would be refused now. */
interface Watched {
  refusalNow(prefix: string): Promise<Refusal | undefined>
}

/**
 * Aborts exchanges whose key, or session, is no longer valid: streams last for hours, and a check at the beginning says
 * little about the end. While the database does not answer, nothing is known against a key, and its exchanges go on.
 */
export function createKeyWatch (access: Watched) {
  const open = new Map<string, Set<Exchange>>()
  let checking = false

  async function checkKeys (): Promise<void> {
    if (checking) return
    checking = true
    for (const [prefix, exchanges] of open) {
      const refusal = await access.refusalNow(prefix).catch(() => undefined)
      if (refusal === undefined) continue
      for (const exchange of exchanges) exchange.cancel(new Problem('key-invalid', refusals[refusal]))
    }
    checking = false
  }

  const timer = setInterval(() => {
    checkKeys().catch(() => {})
  }, interval).unref()

  return {
    /** @param prefix of the key or session that the exchange was authenticated with */
    add (exchange: Exchange, prefix: string): void {
      const exchanges = open.get(prefix) ?? new Set()
      open.set(prefix, exchanges.add(exchange))
      exchange.onEnd(() => {
        exchanges.delete(exchange)
        if (exchanges.size === 0) open.delete(prefix)
      })
    },
    stop (): void {
      clearInterval(timer)
    }
  }
}
