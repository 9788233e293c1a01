import { memoised } from '../../memoised.js'
import type { SpaceProfile } from '../../science/guard/guard-profile.js'
import type { Advantage } from '../../science/guard/guard-rivalry.js'
import { whiteningOf, type Whitening } from '../../science/guard/mahalanobis.js'
import type { Space } from '../../science/template/space.js'
import type { Measurer } from './measurer.js'

/** A profile that is ready for use. */
export interface ReadyProfile {
  readonly profile: SpaceProfile
  readonly whitening: Whitening
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
  /** by the digests of both */
  const advantages = new Map<string, Promise<Advantage>>()
  let reading: Promise<void> = Promise.resolve()

  async function read (): Promise<void> {
    digests = new Map((await source.list()).map(({ fingerprint, sha256 }) => [fingerprint, sha256]))
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

  return {
    /** The profile of a space, if it has one. */
    async of (space: Space): Promise<ReadyProfile | undefined> {
      const digest = digests.get(space.fingerprint)
      if (digest === undefined) return undefined
      return await memoised(ready, `${space.fingerprint} ${digest}`, () => load(space.fingerprint))
    },

    /** See `advantageOf`; it costs a product of the size of the space, once per pair. */
    async advantage (
      other: Space,
      own: Space,
      profiles: { readonly other: SpaceProfile, readonly own: SpaceProfile }
    ): Promise<Advantage> {
      const key = `${digests.get(other.fingerprint)} ${digests.get(own.fingerprint)}`
      return await memoised(advantages, key, () => measurer.advantage(profiles.other, profiles.own))
    },

    /** Re-reads which spaces have a profile. */
    refresh (): Promise<void> {
      reading = reading.catch(() => {}).then(read)
      return reading
    }
  }
}

export type Profiles = ReturnType<typeof createProfiles>
