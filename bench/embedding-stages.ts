import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot } from '../src/config.js'
import { mapFace, toCrop, toWorking } from '../src/engines/recognition/crop-source.js'
import { letterbox } from '../src/engines/recognition/detection/letterbox.js'
import { openStretch } from '../src/engines/recognition/detection/stretch.js'
import { arcFaceCrop, arcFaceSide } from '../src/engines/recognition/face-template.js'
import { inputDims, pixelFormat } from '../src/engines/recognition/graph-input.js'
import { decodeImage } from '../src/engines/recognition/image.js'
import { openLocator } from '../src/engines/recognition/locator.js'
import type { RecogniserManifest } from '../src/engines/recognition/manifest.js'
import { openModelsFolder } from '../src/engines/recognition/models-folder.js'
import { measureQuality } from '../src/engines/recognition/quality.js'
import { luma, warp, warpInto } from '../src/engines/recognition/warp.js'
import { median } from './rounds.js'

/**
 * What a photograph takes outside of the graphs and of HTTP, each stage by itself, on this thread: why the service does
 * not reach the graphs alone.
 * @param rounds how often each stage runs, in turn with the others
 * @returns milliseconds, the median of the rounds
 */
export async function measureStages (
  photograph: string,
  models: readonly string[],
  rounds: number
): Promise<Record<string, number>> {
  const folder = await openModelsFolder(join(projectRoot, 'models'), join(projectRoot, '.cache', 'models'))
  const detector = folder.detectors[0]!.manifest
  const bytes = await readFile(photograph)
  const picture = await decodeImage(bytes, 50_000_000)
  const { faces: [face] } = await (await openLocator(folder, detector.id))(picture, 'largest', 1)
  const placed = mapFace({ ...face!, whole: false }, {
    pixels: picture.pixels,
    fromOriginal: point => toWorking(picture, point)
  })
  const { points } = placed

  const stretch = await openStretch(detector.input)
  const crops = folder.recognisers.filter(({ manifest }) => models.includes(manifest.id)).map(({ manifest }) => ({
    manifest,
    data: new Float32Array(inputLength(manifest))
  }))
  // Twice, see `createLandmarks`.
  const looks = folder.landmarks.filter(({ manifest: { id } }) => id === detector.landmarks).flatMap(
    ({ manifest: { input } }) => {
      const look = {
        size: { crop: arcFaceCrop, width: input.width, height: input.height },
        data: new Float32Array(inputLength({ input })),
        format: pixelFormat(input)
      }
      return [look, look]
    }
  )
  const stages: Record<string, () => unknown> = {
    decoding: () => decodeImage(bytes, 50_000_000),
    "the detector's input": async () => await stretch(await letterbox(picture.pixels, detector.input)),
    'crops of the recognisers': () => {
      for (const { manifest: { crop, input }, data } of crops) {
        warpInto(
          data,
          pixelFormat(input),
          picture.pixels,
          toCrop(placed, { crop, ...input }),
          input.width,
          input.height
        )
      }
    },
    'crops of the landmarks': () => {
      for (const { size, data, format } of looks) {
        warpInto(data, format, picture.pixels, toCrop(placed, size), size.width, size.height)
      }
    },
    quality: () => {
      const size = { crop: arcFaceCrop, width: arcFaceSide, height: arcFaceSide }
      measureQuality(points, warp(picture.pixels, toCrop(placed, size), arcFaceSide, arcFaceSide, luma), false)
    }
  }
  const times: Record<string, number[]> = {}
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(stages)) {
      const began = performance.now()
      await run()
      ;(times[name] ??= []).push(performance.now() - began)
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values)]))
}

function inputLength ({ input }: Pick<RecogniserManifest, 'input'>): number {
  return inputDims(input).reduce((product, dim) => product * dim, 1)
}
