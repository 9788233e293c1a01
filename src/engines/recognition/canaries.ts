import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StartupError } from '../../errors.js'
import { float32FromBase64 } from '../../science/template/float32.js'

/** An image of nobody whose templates are known, so that a change of anything that makes templates is noticed. */
export interface Canary {
  readonly name: string
  /** SHA-256 of the file, in hex */
  readonly sha256: string
  readonly bytes: Uint8Array
  /** a crop: it tests preprocessing and graph, and not decoders and detector too */
  readonly aligned: boolean
}

export interface Canaries {
  readonly images: readonly Canary[]
  /** Id of the detector that the sketches were made with. */
  readonly detector: string
  /** Sketches of templates by fingerprint of the space and name of the image, see `sketchOf`. */
  readonly sketches: ReadonlyMap<string, ReadonlyMap<string, Float32Array>>
}

interface Golden {
  readonly sha256: string
  readonly set: {
    readonly detector: string
    readonly images: readonly { readonly file: string, readonly aligned: boolean, readonly sha256: string }[]
    readonly sketches: Readonly<Record<string, Readonly<Record<string, string>>>>
  }
}

/**
 * Reads the canaries that `npm run canaries` writes.
 * @throws StartupError when a file is missing or was changed
 */
export async function readCanaries (folder: string): Promise<Canaries> {
  const read = async (file: string): Promise<Buffer> =>
    await readFile(join(folder, file)).catch((cause: unknown) => {
      throw new StartupError(`canaries: ${join(folder, file)} cannot be read`, { cause })
    })
  const { sha256, set } = JSON.parse((await read('golden.json')).toString('utf8')) as Golden
  requireDigest(JSON.stringify(set), sha256, join(folder, 'golden.json'))
  const images = await Promise.all(set.images.map(async ({ file, aligned, sha256 }) => {
    const bytes = await read(file)
    requireDigest(bytes, sha256, join(folder, file))
    return { name: file, sha256, bytes: new Uint8Array(bytes), aligned }
  }))
  const sketches = new Map(
    Object.entries(set.sketches).map(([fingerprint, byName]) => [
      fingerprint,
      new Map(Object.entries(byName).map(([name, text]) => [name, float32FromBase64(text)!]))
    ])
  )
  return { images, detector: set.detector, sketches }
}

function requireDigest (content: string | Uint8Array, expected: string, file: string): void {
  const received = createHash('sha256').update(content).digest('hex')
  if (received === expected) return
  throw new StartupError(`canaries: expected SHA-256 ${expected} of ${file}, received ${received}`)
}
