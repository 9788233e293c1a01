import type { Session } from '../../../platform/database/database.js'
import { groupsAfter, removalsSince, type TemplateGroup } from './contents.js'
import type { GalleryHead, OpenGallery } from './head.js'

/** Maximum number of galleries whose counts are kept. */
const maxGalleries = 1000

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

  async function count (session: Session, gallery: OpenGallery, before: Counted | undefined): Promise<Counts> {
    if (before === undefined || before.head.epoch !== gallery.epoch || before.head.position > gallery.position) {
      return { groups: await groupsAfter(session, gallery, 0), subjects: undefined }
    }
    if (before.head.position === gallery.position) return before
    const groups = new Map(before.groups.map(group => [keyOf(group.fingerprint, group.migration?.id), group]))
    for (const group of await groupsAfter(session, gallery, before.head.position)) {
      const key = keyOf(group.fingerprint, group.migration?.id)
      groups.set(key, { ...group, templates: group.templates + (groups.get(key)?.templates ?? 0) })
    }
    const removals = await removalsSince(session, gallery, before.head)
    for (const { fingerprint, migration } of removals) {
      const key = keyOf(fingerprint, migration ?? undefined)
      const group = groups.get(key)
      if (group !== undefined) groups.set(key, { ...group, templates: group.templates - 1 })
    }
    return {
      groups: [...groups.values()].filter(({ templates }) => templates > 0),
      // The log does not say whether a template that left was the last of its subject.
      subjects: before.subjects === undefined || removals.length > 0
        ? undefined
        : before.subjects + await subjectsAfter(session, gallery, before.head.position)
    }
  }

  async function update (session: Session, gallery: OpenGallery, withSubjects: boolean): Promise<Counts> {
    const { groups, subjects } = await count(session, gallery, counted.get(gallery.id))
    const counts = {
      groups,
      subjects: subjects ?? (withSubjects ? await subjectsAfter(session, gallery, 0) : undefined)
    }
    counted.delete(gallery.id)
    counted.set(gallery.id, { head: { position: gallery.position, epoch: gallery.epoch }, ...counts })
    if (counted.size > maxGalleries) counted.delete(counted.keys().next().value!)
    return counts
  }

  return {
    /** Template counts per group at the head at which the gallery was opened. */
    async groups (session: Session, gallery: OpenGallery): Promise<readonly TemplateGroup[]> {
      return (await update(session, gallery, false)).groups
    },

    /** The same, and the number of subjects. */
    async all (
      session: Session,
      gallery: OpenGallery
    ): Promise<{ groups: readonly TemplateGroup[], subjects: number }> {
      const { groups, subjects } = await update(session, gallery, true)
      return { groups, subjects: subjects! }
    }
  }
}

export type GalleryCounts = ReturnType<typeof createGalleryCounts>

/** Subjects that came after a position, up to the head. */
async function subjectsAfter (session: Session, gallery: OpenGallery, after: number): Promise<number> {
  const { rows: [row] } = await session.query<{ count: string }>(
    'SELECT count(*) FROM gallery_subjects WHERE gallery_id = $1 AND number > $2 AND number <= $3',
    [gallery.id, after, gallery.position]
  )
  return Number(row!.count)
}

const keyOf = (fingerprint: string, migration: string | undefined) => `${fingerprint} ${migration ?? ''}`
