import { existsSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { place } from '../../src/engines/model-pack/cache.js'
import { packageFile } from '../../src/engines/model-pack/packages.js'

interface Crop {
  /** number of the photograph in the package */
  readonly photograph: number
  readonly left: number
  readonly top: number
  /** of the square, in pixels */
  readonly side: number
}

/**
 * The sample photographs of the explorer: one person each, cut out of group photographs of `@vladmandic/face-api`. The
 * first two are of the same woman, on two occasions.
 */
const crops: readonly Crop[] = [
  { photograph: 1, left: 1240, top: 90, side: 620 },
  { photograph: 3, left: 900, top: 90, side: 560 },
  { photograph: 1, left: 700, top: 280, side: 520 },
  { photograph: 6, left: 110, top: 350, side: 520 },
  { photograph: 5, left: 1290, top: 290, side: 480 },
  { photograph: 3, left: 440, top: 200, side: 480 }
]

/** Pixels along each side of a sample, and of its thumbnail. */
const sizes = { '': 480, '-small': 112 }

/**
 * Places the sample photographs, as JPEG, in a folder. Does nothing where all of them are there.
 *
 * @returns whether they were there (`present`) or were made (`built`)
 */
export async function buildSamples (folder: string): Promise<'present' | 'built'> {
  const files = crops.flatMap((crop, k) =>
    Object.entries(sizes).map(([ending, size]) => ({ crop, size, path: join(folder, `${k + 1}${ending}.jpg`) }))
  )
  if (files.every(({ path }) => existsSync(path))) return 'present'
  for (const { crop: { photograph, left, top, side }, size, path } of files) {
    const cropped = sharp(packageFile('@vladmandic/face-api', `demo/sample${photograph}.jpg`))
      .extract({ left, top, width: side, height: side }).resize(size, size).jpeg({ quality: 82 })
    await place(path, await cropped.toBuffer())
  }
  return 'built'
}
