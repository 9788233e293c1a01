import { memoised } from '../../memoised.js'
import type { SpaceProfile } from '../../science/guard/guard-profile.js'
import type { Advantage } from '../../science/guard/guard-rivalry.js'
import { createJudge, type Judge } from '../../science/guard/judge.js'
import { whiteningOf, type Whitening } from '../../science/guard/mahalanobis.js'
import type { Space } from '../../science/template/space.js'
import type { Measurer } from './measurer.js'

/** A profile that is ready for use. */
export interface ReadyProfile {
  readonly profile: SpaceProfile
  readonly whitening: Whitening
}

/** A space among those that its templates may be of instead. */
export interface Field {
  /** of all of them, in an order that is the same for each */
  readonly whitenings: readonly Whitening[]
  /** takes the distances under these whitenings */
  readonly judge: Judge
}

interface ProfiledSpace extends ReadyProfile {
  readonly space: Space
}

/** Where profiles are stored. */
export interface ProfileSource {
  /** The spaces that have a profile, with its digest. */
  list(): Promise<readonly { readonly fingerprint: string, readonly sha256: string }[]>
  get(fingerprint: string): Promise<SpaceProfile | undefined>
}

/**
 * The profiles of this process, read when first needed and cached. The source has the truth; the owner calls `refresh`
 * at start and when a profile has changed.
 */
export function createProfiles (source: ProfileSource, measurer: Measurer) {
  /** by fingerprint */
  let digests = new Map<string, string>()
  /** by fingerprint and digest */
  const ready = new Map<string, Promise<ReadyProfile | undefined>>()
  /** by fingerprint, among spaces as they were read */
  let fields = new WeakMap<readonly Space[], Map<string, Promise<Field | undefined>>>()
  /** by the digests of both */
  const advantages = new Map<string, Promise<Advantage>>()
  let reading: Promise<void> = Promise.resolve()

  async function read (): Promise<void> {
    digests = new Map((await source.list()).map(({ fingerprint, sha256 }) => [fingerprint, sha256]))
    fields = new WeakMap()
    const kept = new Set(Array.from(digests, ([fingerprint, digest]) => `${fingerprint} ${digest}`))
    for (const key of ready.keys()) if (!kept.has(key)) ready.delete(key)
    const current = new Set(digests.values())
    for (const key of advantages.keys()) {
      if (!key.split(' ').every(digest => current.has(digest))) advantages.delete(key)
    }
  }

  async function load (fingerprint: string): Promise<ReadyProfile | undefined> {
    const profile = await source.get(fingerprint)
    return profile && { profile, whitening: whiteningOf(profile) }
  }

  async function profileOf (space: Space): Promise<ReadyProfile | undefined> {
    const digest = digests.get(space.fingerprint)
    if (digest === undefined) return undefined
    return await memoised(ready, `${space.fingerprint} ${digest}`, () => load(space.fingerprint))
  }

  /** See `advantageOf`; it costs a product of the size of the space, once per pair. */
  async function advantageOver (other: ProfiledSpace, own: ProfiledSpace): Promise<Advantage> {
    const key = `${digests.get(other.space.fingerprint)} ${digests.get(own.space.fingerprint)}`
    return await memoised(advantages, key, () => measurer.advantage(other.profile, own.profile))
  }

  async function fieldOf (space: Space, spaces: readonly Space[]): Promise<Field | undefined> {
    if (!digests.has(space.fingerprint)) return undefined
    const alike = spaces.filter(({ dimension }) => dimension === space.dimension)
    // Templates may be of a space that is no longer the current one of its model.
    const all = alike.some(({ fingerprint }) => fingerprint === space.fingerprint) ? alike : [...alike, space]
    const profiled = (await Promise.all(all.map(async other => {
      const its = await profileOf(other)
      return its && { space: other, ...its }
    }))).filter(known => known !== undefined)
    const position = profiled.findIndex(other => other.space.fingerprint === space.fingerprint)
    const own = profiled[position]
    if (own === undefined) return undefined
    const rivals = await Promise.all(profiled.map(async (other, k) =>
      other === own ? [] : [{
        model: other.space.model,
        summary: other.profile.summary,
        advantage: await advantageOver(other, own),
        position: k
      }]
    ))
    return {
      whitenings: profiled.map(({ whitening }) => whitening),
      judge: createJudge(space.dimension, { summary: own.profile.summary, position }, rivals.flat())
    }
  }

  return {
    /** The profile of a space, if it has one. */
    of: profileOf,

    /**
     * A space among the others of its dimension that have a profile, if it has one itself.
     *
     * @param spaces that templates may be of instead; the same list until there are others
     */
    among (space: Space, spaces: readonly Space[]): Promise<Field | undefined> {
      let known = fields.get(spaces)
      if (known === undefined) {
        known = new Map<string, Promise<Field | undefined>>()
        fields.set(spaces, known)
      }
      return memoised(known, space.fingerprint, () => fieldOf(space, spaces))
    },

    /** Re-reads which spaces have a profile. */
    refresh (): Promise<void> {
      reading = reading.catch(() => {}).then(read)
      return reading
    }
  }
}

export type Profiles = ReturnType<typeof createProfiles>
