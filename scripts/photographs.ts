import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** A photograph of a folder that has one subfolder per person. */
export interface Photograph {
  readonly path: string
  /** name of the subfolder */
  readonly identity: string
  /** `identity/file name without its ending` */
  readonly sample: string
}

/** Photographs in the order of their names. @throws Error when the folder has none */
export async function listPhotographs (folder: string): Promise<Photograph[]> {
  const people = (await readdir(folder, { withFileTypes: true })).filter(entry => entry.isDirectory()).map(entry =>
    entry.name
  ).sort()
  const photographs = (await Promise.all(people.map(async identity => {
    const files = (await readdir(join(folder, identity))).filter(file => /\.(jpe?g|png|webp|avif|tiff?)$/i.test(file))
      .sort()
    return files.map(file => ({
      path: join(folder, identity, file),
      identity,
      sample: `${identity}/${file.replace(/\.\w+$/, '')}`
    }))
  }))).flat()
  if (photographs.length === 0) throw new Error(`${folder}: expected subfolders of photographs, one for each person`)
  return photographs
}

/** Runs `work` on every item, some at a time, with progress on standard error. */
export async function forEach<T> (
  items: readonly T[],
  atOnce: number,
  work: (item: T, index: number) => Promise<void>
): Promise<void> {
  let next = 0
  let done = 0
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (next < items.length) {
      const index = next++
      await work(items[index]!, index)
      done++
      if (done % 500 === 0 || done === items.length) process.stderr.write(`  ${done} of ${items.length}\n`)
    }
  }))
}
