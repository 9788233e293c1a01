import { Problem } from '../../errors.js'
import type { GalleryReader } from './store/contents.js'
import type { OpenGallery } from './store/head.js'
import type { StoredMigration } from './store/migration-rows.js'
import type { VectorEngine } from './store/vector-engine.js'
import type { IndexedView } from './store/vector-index.js'
import type { Catalogue, KnownSpace } from '../catalogue/index.js'
import type { JobContext } from '../jobs/index.js'
import type { GroupView, GroupViews, ShardView } from './group-views.js'
import type { Purgeable } from './purger.js'

/** The request of an index job. */
export interface IndexJob {
  readonly gallery: string
  readonly model: string
}

/** An index of the templates of one group, for probes of one model. */
export interface GalleryIndex {
  readonly fingerprint: string
  /** id of the migration that translated the templates; null for native ones */
  readonly migration: string | null
  /** id of the map whose comparison space the projections are in; null for the group's own space */
  readonly map: string | null
  readonly dimension: number
  /**
   * `awaiting`: of what a migration has translated, searched once that is committed; `outdated`: built before a
   * migration was committed, no longer used, and deleted soon
   */
  readonly state: 'building' | 'ready' | 'awaiting' | 'outdated'
}

/** Maximum rows that a search adds to an index before it falls back to an exact search. */
const maxBehind = 20_000

export interface IndexingOptions {
  /** of a group that may be indexed */
  readonly maxTemplates?: number
  /** the same engine for jobs, which wait longer for it */
  readonly patient?: VectorEngine | undefined
  /** an engine that was used before; its views are not searched, and are deleted with their galleries */
  readonly former?: VectorEngine | undefined
  /** Called when the engine did not answer and something remains to be deleted from it. */
  readonly left?: () => void
}

/**
 * Indexes of galleries. They store projections of templates in the clear, so galleries with encrypted templates have
 * none.
 *
 * @param index undefined when the database has no pgvector and no other engine is configured
 */
export function createIndexing (
  index: VectorEngine | undefined,
  reader: GalleryReader,
  views: GroupViews,
  catalogue: Catalogue,
  { maxTemplates = Infinity, patient = index, former, left = () => {} }: IndexingOptions = {}
) {
  const engines = [index, former].filter(engine => engine !== undefined)

  /** The engine of a job. */
  function required (gallery: OpenGallery): VectorEngine {
    if (patient === undefined) {
      throw unavailable('the database lacks pgvector 0.7 or later, and VECTOR_ENGINE_URL names no Qdrant')
    }
    if (gallery.encrypted) {
      throw unavailable('its templates are encrypted, and an index would store them in the clear')
    }
    return patient
  }

  /** Opens the groups that a map connects with the probes' model. @throws Problem `map-missing` when none does */
  async function openViews (gallery: OpenGallery, probe: KnownSpace): Promise<GroupView[]> {
    const opened = await Promise.allSettled(
      (await reader.groups(gallery)).map(async group => await views.open(gallery, group, probe))
    )
    const failures = opened.flatMap(result => result.status === 'rejected' ? [result.reason as unknown] : [])
    const other = failures.find(error => !(error instanceof Problem && error.code === 'map-missing'))
    if (other !== undefined || (failures.length > 0 && failures.length === opened.length)) throw other ?? failures[0]
    return opened.flatMap(result => result.status === 'fulfilled' ? [result.value] : [])
  }

  const find = async (
    index: VectorEngine,
    shard: string,
    { key, epoch }: Pick<IndexedView, 'key' | 'epoch'>
  ): Promise<IndexedView | undefined> =>
    (await index.views(shard)).find(known => known.key === key && known.epoch === epoch)

  /** Advances an index to the head at which the view was opened. @returns the index; undefined when it is gone */
  async function follow (
    index: VectorEngine,
    view: ShardView,
    indexed: IndexedView,
    step: (rows: number) => Promise<void> = async () => {}
  ): Promise<IndexedView | undefined> {
    for (let current = indexed;;) {
      if (await advance(index, view, current, step)) return current
      // The process that was faster may have had an older head. An index that went back is a new one, built again.
      const now = await find(index, indexed.galleryId, indexed)
      if (now === undefined || now.position < current.position) return undefined
      current = now
    }
  }

  /** @returns false when the index is no longer at this position */
  async function advance (
    index: VectorEngine,
    view: ShardView,
    indexed: IndexedView,
    step: (rows: number) => Promise<void>
  ): Promise<boolean> {
    let { position } = indexed
    for await (const batch of view.referencesAfter(position)) {
      const to = batch.ordinals.at(-1)!
      if (!await index.advance(indexed, { since: position, position: to, added: batch })) return false
      position = to
      await step(batch.ordinals.length)
    }
    return true
  }

  /** Builds the index of a shard for the probes of a view, or completes it. */
  async function buildShard (
    index: VectorEngine,
    part: ShardView,
    { step, building = () => {}, checkpoint }: {
      readonly step: (rows: number) => Promise<void>
      readonly building?: () => void
      readonly checkpoint: () => Promise<void>
    }
  ): Promise<void> {
    const { shard, key, source: { dimension } } = part
    const created = await index.create(shard.id, { key, dimension, epoch: shard.epoch })
    const indexed = await follow(index, part, created, step)
    if (indexed?.state !== 'building') return
    building()
    await index.build(indexed)
    await checkpoint()
  }

  /** Deletes the indexes of shards, whose gallery may itself be deleted. @returns how many */
  async function drop (shards: readonly string[]): Promise<number> {
    let dropped = 0
    for (const engine of engines) {
      for (const shard of shards) {
        for (const indexed of await engine.views(shard)) {
          await engine.drop(indexed)
          dropped++
        }
      }
    }
    if (dropped > 0) left()
    return dropped
  }

  return {
    /**
     * Refuses an index that cannot be built.
     * @throws Problem `gallery-unknown`, `model-unknown`, `map-missing`, `index-unavailable`
     */
    async check (id: string, model: string): Promise<void> {
      const gallery = await reader.open(id)
      const { name, maxDimension } = required(gallery)
      for (const view of await openViews(gallery, catalogue.space(model))) {
        const { group: { templates }, comparedIn: { dimension } } = view
        if (templates > maxTemplates) {
          throw unavailable(
            `the embedded database indexes at most ${maxTemplates} templates, because it answers no query while it builds an index; the gallery has ${templates}: use a Postgres server`
          )
        }
        if (dimension > maxDimension) {
          throw unavailable(
            `${name} indexes at most ${maxDimension} dimensions, the templates are compared in ${dimension}`
          )
        }
      }
    },

    /**
     * Builds an index of a gallery for probes of a model, or completes it.
     * @throws Problem as `check` does
     */
    async build (
      { gallery: id, model }: IndexJob,
      { signal, progress, checkpoint }: Pick<JobContext, 'signal' | 'progress' | 'checkpoint'>
    ): Promise<void> {
      const gallery = await reader.open(id)
      const index = required(gallery)
      const opened = await openViews(gallery, catalogue.space(model))
      const total = opened.reduce((sum, { group }) => sum + group.templates, 0)
      let done = 0
      for (const view of opened) {
        for (const part of view.shards) {
          await buildShard(index, part, {
            async step (rows) {
              signal.throwIfAborted()
              done += rows
              progress({ stage: 'reading', fraction: Math.min(0.5, done / 2 / Math.max(1, total)), done, total })
              await checkpoint()
            },
            building () {
              progress({ stage: 'building', fraction: Math.min(0.99, 0.5 + done / 2 / Math.max(1, total)) })
            },
            checkpoint
          })
        }
      }
    },

    /**
     * Builds the index of what a migration has translated, or completes it, where the gallery is searched by an index
     * now. The commit swaps them: it begins the epoch that this one is of.
     */
    async prepare (
      { gallery: id, id: migration, target, translated }: StoredMigration,
      { signal, progress, checkpoint }: Pick<JobContext, 'signal' | 'progress' | 'checkpoint'>
    ): Promise<void> {
      const gallery = await reader.openAwaiting(id, migration)
      if (patient === undefined || gallery.encrypted) return
      if (target.dimension > patient.maxDimension || translated > maxTemplates) return
      if (!await isIndexed(patient, gallery)) return
      progress({ stage: 'indexing', fraction: 1 })
      const group = await reader.translated(gallery, migration)
      const view = await views.open(gallery, group, catalogue.space(target.model))
      for (const part of view.shards) {
        await buildShard(patient, part, {
          async step () {
            signal.throwIfAborted()
            await checkpoint()
          },
          checkpoint
        })
      }

      /** Whether any shard has an index that is searched before the commit. */
      async function isIndexed (engine: VectorEngine, { shards }: OpenGallery): Promise<boolean> {
        for (const shard of shards) {
          const known = await engine.views(shard.id)
          if (known.some(({ epoch, state }) => epoch === shard.epoch - 1 && state === 'ready')) return true
        }
        return false
      }
    },

    /** @throws Problem `gallery-unknown` */
    async list (id: string): Promise<GalleryIndex[]> {
      const { shards } = await reader.heads(id)
      if (index === undefined) return []
      const states = new Map<string, { index: Omit<GalleryIndex, 'state'>, states: GalleryIndex['state'][] }>()
      for (const { id: shard, epoch } of shards) {
        for (const { key, dimension, state, epoch: made } of await index.views(shard)) {
          const [, ...projection] = key.split(' ')
          const [fingerprint, migration, map] = projection
          const when = made === epoch ? state : made > epoch ? 'awaiting' : 'outdated'
          const group = [...projection, when === 'ready' || when === 'building' ? 'current' : when].join(' ')
          const known = states.get(group) ?? {
            index: {
              fingerprint: fingerprint!,
              migration: migration === 'native' ? null : migration!,
              map: map === 'own' ? null : map!,
              dimension
            },
            states: []
          }
          known.states.push(when)
          states.set(group, known)
        }
      }
      return [...states.values()].map(({ index: listed, states: [first, ...others] }) => ({
        ...listed,
        // Of a current one, that of the shard that is last.
        state: first === 'ready' && (others.length < shards.length - 1 || others.includes('building'))
          ? 'building'
          : first!
      }))
    },

    /** Deletes the indexes of a gallery. @returns how many @throws Problem `gallery-unknown` */
    async remove (id: string): Promise<number> {
      return await drop((await reader.heads(id)).shards.map(shard => shard.id))
    },

    drop,

    /** Deletes what has left a gallery from its indexes, or has it deleted later when the engine does not answer. */
    async erase (id: string): Promise<void> {
      if (index?.erase === undefined) return
      try {
        for (const { id: shard } of (await reader.heads(id)).shards) await index.erase(shard)
      } catch {
        left()
      }
    },

    /**
     * The index of a view in a shard, brought up to date.
     * @returns undefined when there is none, or it is so far behind that a search should not wait for it
     * @throws EngineAway
     */
    async ready (view: ShardView): Promise<{ index: VectorEngine, indexed: IndexedView } | undefined> {
      const { shard } = view
      if (index === undefined || shard.encrypted) return undefined
      const found = await find(index, shard.id, { key: view.key, epoch: shard.epoch })
      if (found?.state !== 'ready' || await reader.countAfter(shard, view.group, found.position) > maxBehind) {
        return undefined
      }
      const indexed = await follow(index, view, found)
      return indexed?.state === 'ready' ? { index, indexed } : undefined
    },

    /** Deletes an index of an old epoch, or of a deleted gallery. */
    purgeable: {
      async purgeSome () {
        for (const engine of engines) {
          const outdated = await engine.outdated()
          if (outdated === undefined) continue
          await engine.drop(outdated)
          return true
        }
        return false
      }
    } satisfies Purgeable
  }
}

export type Indexing = ReturnType<typeof createIndexing>

const unavailable = (why: string) =>
  new Problem('index-unavailable', `expected a gallery that can be indexed: ${why}. Search it exactly`)
