import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { projectRoot } from '../../src/config.js'

/** Photographs and graphs that tests read. Paths are absolute. */

const demo = join(dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json')), 'demo')

/** Six photographs of 1920 pixels across, each of several people, of `@vladmandic/face-api`. */
export const samplePhotographs: readonly string[] = [1, 2, 3, 4, 5, 6].map((i) => join(demo, `sample${i}.jpg`))

/** A photograph of one large face and two tilted ones. */
export const portrait = join(demo, 'sample1.jpg')

/** The project's own models folder and the cache that `npm run build:models` fills. */
export const modelsFolder = join(projectRoot, 'models')
export const modelCache = join(projectRoot, '.cache', 'models')

const shared = resolve(projectRoot, '..', 'shared')

/** Path of a graph of the shared folder, or null where there is none. */
export function sharedGraph (name: string): string | null {
  const path = join(shared, 'models', name)
  return existsSync(path) ? path : null
}

/** Photographs of the first identities of the shared LFW images, by identity; null where there are none. */
export function lfwPhotographs (identities: number): ReadonlyMap<string, readonly string[]> | null {
  const folder = join(shared, 'data', 'lfw-images')
  if (!existsSync(folder)) return null
  return new Map(
    readdirSync(folder).sort()
      .map((identity) =>
        [identity, readdirSync(join(folder, identity)).sort().map((name) => join(folder, identity, name))] as const
      )
      .filter(([, photographs]) => photographs.length > 1)
      .slice(0, identities)
  )
}
