import { readDocument, readGzip, writeDocument, writeGzip } from '../../platform/document-files.js'
import { closed, Sha256 } from '../../science/schemas.js'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Type, type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { StartupError } from '../../errors.js'
import { ProfileSummary, type SpaceProfile } from '../../science/guard/guard-profile.js'
import { digestOfProfile } from '../catalogue/index.js'
import { decodeProfile, encodeProfile } from '../../science/guard/profile-codec.js'

/** The subfolder of the maps folder with the profiles of spaces. */
export const profilesSubfolder = 'profiles'

/** `MODEL.json` of a profile that travels as a file; its numbers are beside it in `MODEL.f32.gz`. */
const ProfileFile = Type.Object({
  space: Type.Object({
    model: Type.String(),
    fingerprint: Sha256,
    dimension: Type.Integer({ minimum: 1, maximum: 4096 })
  }, closed),
  corpusHash: Sha256,
  /** of the numbers: mean (d), whitening (d, d), little-endian float32 */
  sha256: Sha256,
  summary: ProfileSummary
}, closed)
const profileFile = Compile(ProfileFile)

export interface ProfileInFile {
  readonly space: Static<typeof ProfileFile>['space']
  readonly corpusHash: string
  readonly profile: SpaceProfile
}

/**
 * Reads the profiles of a maps folder; none when it has no subfolder for them. @throws StartupError naming the invalid
 * file
 */
export async function readProfiles (mapsFolder: string): Promise<ProfileInFile[]> {
  const folder = join(mapsFolder, profilesSubfolder)
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return await Promise.all(
    names.filter(name => name.endsWith('.json')).sort().map(name => readProfile(join(folder, name)))
  )
}

async function readProfile (path: string): Promise<ProfileInFile> {
  const document = await readDocument(path, profileFile, 'profile')
  const { space, corpusHash, sha256, summary } = document
  const profile = decoded(numbersPath(path), await readGzip(numbersPath(path)), space.dimension, summary)
  const digest = digestOfProfile(profile)
  if (digest !== sha256) {
    throw new StartupError(`${numbersPath(path)}: expected numbers with SHA-256 ${sha256}, found ${digest}`)
  }
  return { space, corpusHash, profile }
}

function decoded (path: string, bytes: Uint8Array, dimension: number, summary: ProfileSummary): SpaceProfile {
  try {
    return decodeProfile(bytes, dimension, summary)
  } catch (error) {
    throw new StartupError(`${path}: ${(error as Error).message}`, { cause: error })
  }
}

/** Writes a profile as `readProfiles` reads it. */
export async function writeProfile (mapsFolder: string, { space, corpusHash, profile }: ProfileInFile): Promise<void> {
  const folder = join(mapsFolder, profilesSubfolder)
  await mkdir(folder, { recursive: true })
  const path = join(folder, `${space.model}.json`)
  await writeGzip(numbersPath(path), encodeProfile(profile))
  await writeDocument(path, { space, corpusHash, sha256: digestOfProfile(profile), summary: profile.summary })
}

const numbersPath = (path: string) => path.replace(/\.json$/, '.f32.gz')
