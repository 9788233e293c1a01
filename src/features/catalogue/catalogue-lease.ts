import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import { Problem } from '../../errors.js'
import type { Database } from '../../platform/database/database.js'
import type { Catalogue } from './catalogue.js'

/** Number of renewals per lease. */
const renewals = 6
/** Milliseconds between two checks of which replicas are behind. */
const pause = 50

/**
 * Keeps the promise of a retirement. Notifications alone cannot: they arrive a moment later, and never reach a replica
 * that the network has cut off. A replica uses maps on a lease. It renews the lease only once it has read the newest
 * state of all maps, and records that in the database; when the lease expires, it stops deciding. A change of a map's
 * state is acknowledged when every replica has recorded that it has read it, or has no lease any more.
 *
 * Durations are measured and clocks are never compared: a replica counts from before its request, the database from
 * after it.
 *
 * @param lease seconds
 */
export function createCatalogueLease (
  database: Database,
  catalogue: Pick<Catalogue, 'refresh' | 'revision'>,
  { lease, log }: { lease: number, log: Logger }
) {
  const replica = randomUUID()
  const stopping = new AbortController()
  // The embedded database has no other readers, so there are no other replicas to wait for.
  const alone = database.kind === 'embedded'
  let validUntil = alone ? Infinity : -Infinity
  let running: Promise<void> | undefined

  /** @returns whether the replica was up to date, and is recorded as such */
  async function renewOnce (): Promise<boolean> {
    const asked = performance.now()
    const renewed = await database.transaction(async session => {
      // A change of a map waits for this, or this for the change: none falls between the read and the record.
      const { rows: [head] } = await session.query<{ revision: string }>(
        'SELECT revision FROM catalogue_head FOR SHARE'
      )
      if (Number(head!.revision) !== catalogue.revision()) return false
      await session.query(
        `INSERT INTO catalogue_readers (replica, revision, renewed_at) VALUES ($1, $2, clock_timestamp())
         ON CONFLICT (replica) DO UPDATE SET revision = excluded.revision, renewed_at = excluded.renewed_at`,
        [replica, head!.revision]
      )
      return true
    })
    if (renewed && !stopping.signal.aborted) validUntil = Math.max(validUntil, asked + lease * 1000)
    return renewed
  }

  /** Reads the catalogue until it is the newest, and records that. */
  async function renew (): Promise<void> {
    if (alone) return
    while (!stopping.signal.aborted && !await renewOnce()) await catalogue.refresh()
  }

  async function keepRenewing (): Promise<void> {
    while (!stopping.signal.aborted) {
      await setTimeout(lease * 1000 / renewals, undefined, { signal: stopping.signal, ref: false }).catch(() => {})
      await renew().catch((error: unknown) => log.warn({ err: error }, 'could not renew the lease on the catalogue'))
    }
  }

  return {
    renew,

    async start (): Promise<void> {
      await renew()
      if (!alone) running = keepRenewing()
    },

    valid: (): boolean => performance.now() < validUntil,

    /** @throws Problem `unavailable` when this replica does not know which maps serve */
    assertValid (): void {
      if (performance.now() < validUntil) return
      throw new Problem(
        'unavailable',
        `the database has not confirmed for ${lease} s which maps are active; this replica uses none until it does`
      )
    },

    /** Waits until no replica decides by a state older than the one read here. */
    async awaitReaders (): Promise<void> {
      await renew()
      for (;;) {
        const { rows } = await database.query(
          `SELECT FROM catalogue_readers WHERE revision < $1 AND renewed_at > clock_timestamp() - $2 * interval '1 second' LIMIT 1`,
          [catalogue.revision(), lease]
        )
        if (rows.length === 0) break
        await setTimeout(pause)
      }
      await database.query("DELETE FROM catalogue_readers WHERE renewed_at < clock_timestamp() - interval '1 day'")
    },

    /** Gives up the lease, so that no other replica waits for this one. */
    async stop (): Promise<void> {
      stopping.abort()
      validUntil = -Infinity
      await running
      if (!alone) await database.query('DELETE FROM catalogue_readers WHERE replica = $1', [replica]).catch(() => {})
    }
  }
}

export type CatalogueLease = ReturnType<typeof createCatalogueLease>
