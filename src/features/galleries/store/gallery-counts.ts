import type { Session } from '../../../platform/database/database.js'
import { groupsAfter, removalsSince } from './contents.js'
import type { GalleryHead, OpenGallery, OpenShard } from './head.js'
import { groupKey, joinGroups, type GalleryGroup, type TemplateGroup } from './template-groups.js'

/** Maximum number of shards whose counts are kept. */
const maxShards = 4000

interface Counts {
  readonly groups: readonly TemplateGroup[]
  /** number of subjects; undefined while nobody has asked */
  readonly subjects: number | undefined
}

interface Counted extends Counts {
  readonly head: GalleryHead
}

/**
 * Counts what a gallery has. Counting a million takes seconds, so known counts are updated with what has changed since.
 */
export function createGalleryCounts () {
  const counted = new Map<string, Counted>()

  async function count (session: Session, shard: OpenShard, before: Counted | undefined): Promise<Counts> {
    if (before === undefined || before.head.epoch !== shard.epoch || before.head.position > shard.position) {
      return { groups: await groupsAfter(session, shard, 0), subjects: undefined }
    }
    if (before.head.position === shard.position) return before
    const groups = new Map(before.groups.map(group => [groupKey(group.fingerprint, group.migration?.id), group]))
    for (const group of await groupsAfter(session, shard, before.head.position)) {
      const key = groupKey(group.fingerprint, group.migration?.id)
      groups.set(key, { ...group, templates: group.templates + (groups.get(key)?.templates ?? 0) })
    }
    const removals = await removalsSince(session, shard, before.head)
    for (const { fingerprint, migration } of removals) {
      const key = groupKey(fingerprint, migration ?? undefined)
      const group = groups.get(key)
      if (group !== undefined) groups.set(key, { ...group, templates: group.templates - 1 })
    }
    return {
      groups: [...groups.values()].filter(({ templates }) => templates > 0),
      // The log does not say whether a template that left was the last of its subject.
      subjects: before.subjects === undefined || removals.length > 0
        ? undefined
        : before.subjects + await subjectsAfter(session, shard, before.head.position)
    }
  }

  async function update (session: Session, shard: OpenShard, withSubjects: boolean): Promise<Counts> {
    const { groups, subjects } = await count(session, shard, counted.get(shard.id))
    const counts = {
      groups,
      subjects: subjects ?? (withSubjects ? await subjectsAfter(session, shard, 0) : undefined)
    }
    counted.delete(shard.id)
    counted.set(shard.id, { head: { position: shard.position, epoch: shard.epoch }, ...counts })
    if (counted.size > maxShards) counted.delete(counted.keys().next().value!)
    return counts
  }

  return {
    /** Template counts per group at the heads at which the gallery was opened. */
    async groups (session: Session, { shards }: OpenGallery): Promise<readonly GalleryGroup[]> {
      return joinGroups(await inTurn(shards, async shard => (await update(session, shard, false)).groups))
    },

    /** The same, and the number of subjects. */
    async all (
      session: Session,
      { shards }: OpenGallery
    ): Promise<{ groups: readonly GalleryGroup[], subjects: number }> {
      const counts = await inTurn(shards, async shard => await update(session, shard, true))
      return {
        groups: joinGroups(counts.map(({ groups }) => groups)),
        subjects: counts.reduce((sum, { subjects }) => sum + subjects!, 0)
      }
    }
  }
}

export type GalleryCounts = ReturnType<typeof createGalleryCounts>

/** A session takes one statement at a time. */
async function inTurn<T> (shards: readonly OpenShard[], work: (shard: OpenShard) => Promise<T>): Promise<T[]> {
  const results: T[] = []
  for (const shard of shards) results.push(await work(shard))
  return results
}

/** Subjects that came after a position, up to the head. */
async function subjectsAfter (session: Session, shard: OpenShard, after: number): Promise<number> {
  const { rows: [row] } = await session.query<{ count: string }>(
    'SELECT count(*) FROM gallery_subjects WHERE gallery_id = $1 AND number > $2 AND number <= $3',
    [shard.id, after, shard.position]
  )
  return Number(row!.count)
}
