// @ts-check

/**
 * @typedef {{ file: File, path: string }} Found
 * @typedef {{ file: File, sample: string, identity: string | null }} Photograph
 */

const picture = /\.(jpe?g|png|webp|avif|tiff?|gif)$/i

/**
 * Photographs of a folder, each with the folder that it lies in as its person.
 *
 * @param {Found[]} found
 * @returns {Photograph[]}
 */
export function photographsOf (found) {
  return found.filter(({ path }) => picture.test(path)).map(({ file, path }) => {
    const parts = path.split('/').filter(part => part !== '')
    const identity = parts.length > 2 ? parts.at(-2) ?? null : null
    return { file, sample: parts.slice(1).join('/') || file.name, identity }
  }).sort((a, b) => a.sample < b.sample ? -1 : 1)
}

/** @param {Iterable<File>} files as an input for folders gives them */
export const filesOf = (files) => [...files].map(file => ({ file, path: file.webkitRelativePath || `/${file.name}` }))

/**
 * All files of what was dropped, folders and their folders included.
 *
 * @param {DataTransfer} transfer
 * @returns {Promise<Found[]>}
 */
export async function filesOfDrop (transfer) {
  // Entries are gone once this turn of the event loop ends.
  const entries = [...transfer.items].map(item => item.webkitGetAsEntry()).filter(entry => entry !== null)
  return (await Promise.all(entries.map(entry => within(entry)))).flat()
}

/** @param {any} entry @returns {Promise<Found[]>} */
async function within (entry) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject))
    return [{ file, path: entry.fullPath }]
  }
  const reader = entry.createReader()
  const found = []
  // Browsers give a hundred entries at a time.
  for (;;) {
    /** @type {any[]} */
    const entries = await new Promise((resolve, reject) => reader.readEntries(resolve, reject))
    if (entries.length === 0) return found
    for (const each of entries) found.push(...await within(each))
  }
}
