import { Counter, type Registry } from 'prom-client'
import type { Vault } from './vault.js'

/** Shows in the monitoring that somebody has tampered with stored templates. */
export function registerUnopened (registry: Registry, unopened: Vault['unopened']): void {
  const counter = new Counter({
    name: 'crosswalk_unopened_templates_total',
    help: 'Stored templates that this process failed to decrypt, each counted once.',
    labelNames: ['kind'],
    registers: [registry],
    collect () {
      counter.reset()
      for (const [kind, count] of Object.entries(unopened.total())) counter.inc({ kind }, count)
    }
  })
}
