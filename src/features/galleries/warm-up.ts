import type { Logger } from 'pino'
import type { Catalogue } from '../catalogue/index.js'
import type { GroupViews } from './group-views.js'
import type { ViewCache } from './search/view-cache.js'
import type { GalleryReader } from './store/contents.js'
import type { GallerySearch, SearchesRepository } from './store/searches.js'
import { createSweeper } from './sweeper.js'

/** Milliseconds between two looks at the galleries: another replica may have committed a migration. */
const intervalMs = 60_000
/** A search is noted once in this many milliseconds. */
const noteMs = 3_600_000
/** Galleries that were searched within this many days are kept in memory. */
const days = 30
/** Maximum number of searches of this process that are remembered as noted. */
const maxNoted = 10_000

export interface WarmUpStatus {
  /** projections that wait to be read */
  readonly waiting: number
}

/**
 * Reads galleries that were searched lately into memory, at the start, when a migration is ready to be committed and
 * whenever one has changed altogether, so that no search waits for it. It evicts nothing: it ends where the memory
 * does.
 */
export function createWarmUp (
  { reader, views, cache, catalogue, searches, log, now = Date.now }: {
    readonly reader: GalleryReader
    readonly views: GroupViews
    readonly cache: ViewCache
    readonly catalogue: Pick<Catalogue, 'spaces'>
    readonly searches: SearchesRepository
    readonly log: Logger
    readonly now?: () => number
  }
) {
  const noted = new Map<string, number>()
  let waiting = 0

  /** @returns whether there is room for more */
  async function read ({ gallery: id, fingerprint }: GallerySearch, signal: AbortSignal): Promise<boolean> {
    const probe = catalogue.spaces().find(space => space.fingerprint === fingerprint)
    if (probe === undefined) return true
    const gallery = await reader.open(id)
    const groups = (await reader.groups(gallery)).map(group => ({ gallery, group }))
    // What a commit will let serve is there when it comes.
    const awaiting = await reader.awaiting(gallery)
    for (const { gallery: read, group } of awaiting === undefined ? groups : [...groups, awaiting]) {
      if (signal.aborted) return false
      // Some groups cannot be compared with these probes.
      const view = await views.open(read, group, probe).catch(() => undefined)
      for (const { key, source } of view?.shards ?? []) {
        if (signal.aborted || !await cache.fill(key, source)) return false
      }
    }
    return true
  }

  async function sweep (signal: AbortSignal): Promise<void> {
    const known = await searches.since(days)
    waiting = known.length
    for (const search of known) {
      if (signal.aborted) return
      const roomy = await read(search, signal).catch((error: unknown) => {
        log.info({ err: error, gallery: search.gallery }, 'a gallery could not be read into memory in advance')
        return true
      })
      if (!roomy) break
      waiting--
    }
    waiting = 0
  }

  const sweeper = createSweeper(sweep, {
    intervalMs,
    failed: error => log.warn({ err: error }, 'galleries could not be read into memory in advance; it is tried again')
  })
  return {
    /** Reads a gallery that has changed altogether, for probes of the space that it will be searched from now on. */
    expect (search: GallerySearch): void {
      searches.note(search).catch((error: unknown) => log.debug({ err: error }, 'a search was not noted')).finally(
        sweeper.kick
      )
    },

    /** Notes that a gallery is searched, in the background. */
    note (search: GallerySearch): void {
      const key = `${search.gallery} ${search.fingerprint}`
      const at = now()
      if (at - (noted.get(key) ?? -Infinity) < noteMs) return
      if (noted.size >= maxNoted) noted.clear()
      noted.set(key, at)
      searches.note(search).catch((error: unknown) => {
        noted.delete(key)
        log.debug({ err: error }, 'a search was not noted')
      })
    },

    /** Reads what a migration has translated, of galleries that were searched lately. */
    prepare: sweeper.kick,

    status: (): WarmUpStatus => ({ waiting }),

    stop: sweeper.stop
  }
}

export type WarmUp = ReturnType<typeof createWarmUp>
