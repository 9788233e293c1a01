import type { GalleryReader, TemplateGroup } from './store/contents.js'
import type { GalleryHead, OpenGallery } from './store/head.js'

/** Maximum number of galleries whose counts are kept. */
const maxGalleries = 1000

interface Counted {
  readonly head: GalleryHead
  readonly groups: readonly TemplateGroup[]
}

/**
 * Counts the templates per group of a gallery. Counting a million takes long, so known counts are updated with what has
 * changed since.
 */
export function createGroupCounts (reader: GalleryReader) {
  const counted = new Map<string, Counted>()

  async function count (gallery: OpenGallery, before: Counted | undefined): Promise<readonly TemplateGroup[]> {
    if (before === undefined || before.head.epoch !== gallery.epoch || before.head.position > gallery.position) {
      return await reader.groups(gallery)
    }
    if (before.head.position === gallery.position) return before.groups
    const groups = new Map(before.groups.map(group => [keyOf(group.fingerprint, group.migration?.id), group]))
    for (const group of await reader.groups(gallery, before.head.position)) {
      const key = keyOf(group.fingerprint, group.migration?.id)
      groups.set(key, { ...group, templates: group.templates + (groups.get(key)?.templates ?? 0) })
    }
    for (const { fingerprint, migration } of await reader.removals(gallery, before.head)) {
      const key = keyOf(fingerprint, migration ?? undefined)
      const group = groups.get(key)
      if (group !== undefined) groups.set(key, { ...group, templates: group.templates - 1 })
    }
    return [...groups.values()].filter(({ templates }) => templates > 0)
  }

  return {
    /** The counts at the head at which the gallery was opened. */
    async of (gallery: OpenGallery): Promise<readonly TemplateGroup[]> {
      const groups = await count(gallery, counted.get(gallery.id))
      counted.delete(gallery.id)
      counted.set(gallery.id, { head: { position: gallery.position, epoch: gallery.epoch }, groups })
      if (counted.size > maxGalleries) counted.delete(counted.keys().next().value!)
      return groups
    }
  }
}

const keyOf = (fingerprint: string, migration: string | undefined) => `${fingerprint} ${migration ?? ''}`
