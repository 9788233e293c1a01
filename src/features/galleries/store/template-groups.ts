/** Serving templates of one space and one provenance: the unit that one calibration applies to. */
export interface TemplateGroup {
  readonly fingerprint: string
  /** The migration that translated them and its map; null for native templates. */
  readonly migration: { readonly id: string, readonly map: string } | null
  readonly templates: number
}

/** A group of a gallery, which `templates` counts in all of its shards. */
export interface GalleryGroup extends TemplateGroup {
  /** by place of the shard */
  readonly inShards: readonly number[]
}

/** @param migration id; undefined for native templates */
export const groupKey = (fingerprint: string, migration: string | undefined): string =>
  `${fingerprint} ${migration ?? ''}`

/** Whether a template is of a group. @param migration id; null for a native template */
export const isOfGroup = (
  { fingerprint, migration }: { readonly fingerprint: string, readonly migration: string | null },
  group: TemplateGroup
): boolean => fingerprint === group.fingerprint && migration === (group.migration?.id ?? null)

/** @param shards groups of each, by place @returns those of the gallery: of a space, native templates first */
export function joinGroups (shards: readonly (readonly TemplateGroup[])[]): GalleryGroup[] {
  const joined = new Map<string, Omit<TemplateGroup, 'templates'> & { inShards: number[] }>()
  for (const [place, groups] of shards.entries()) {
    for (const { fingerprint, migration, templates } of groups) {
      const key = groupKey(fingerprint, migration?.id)
      const group = joined.get(key) ?? { fingerprint, migration, inShards: shards.map(() => 0) }
      group.inShards[place] = templates
      joined.set(key, group)
    }
  }
  return [...joined.values()].map(group => ({ ...group, templates: group.inShards.reduce((a, b) => a + b, 0) }))
    .sort((a, b) =>
      a.fingerprint === b.fingerprint
        ? Number(b.migration === null) - Number(a.migration === null)
        : a.fingerprint < b.fingerprint
        ? -1
        : 1
    )
}
