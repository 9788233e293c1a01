import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { StartupError } from '../../errors.js'

/** Enough for firm figures, and a minute for a large model. */
const maxPhotographs = 200

/**
 * Photographs of a folder that has a subfolder for each person, in the order of their names, the first 200.
 * @throws StartupError when it cannot be read or has none
 */
export async function listPhotographs (folder: string): Promise<{ path: string, person: string }[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new StartupError(`${folder}: expected a readable folder with a subfolder for each person`, { cause })
  })
  const photographs: { path: string, person: string }[] = []
  for (const person of entries.filter(entry => entry.isDirectory()).map(({ name }) => name).sort()) {
    const files = (await readdir(join(folder, person))).filter(file => /\.(jpe?g|png|webp|avif|tiff?|gif)$/i.test(file))
    for (const file of files.sort()) photographs.push({ path: join(folder, person, file), person })
    if (photographs.length >= maxPhotographs) break
  }
  if (photographs.length === 0) {
    throw new StartupError(`${folder}: expected a subfolder of photographs for each person, found none`)
  }
  return photographs.slice(0, maxPhotographs)
}
