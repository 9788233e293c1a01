import sharp, { type Sharp } from 'sharp'
import { Problem } from '../../errors.js'
import type { Box } from './geometry.js'
import { openFaceRecord } from './face-record.js'
import { findFormat, supportedFormats, unsupportedKind, type ImageFormat } from './image-format.js'
import type { Pixels } from './pixels.js'

/** The only importer of sharp: bytes of an image to upright 8-bit sRGB pixels. */

// Parallelism comes from the workers that call this module: one libvips thread for each of them.
sharp.concurrency(1)
// libvips would cache recent operations, that is people's pictures, for calls that never come again.
sharp.cache(false)
// Only the loaders of the supported formats, from memory. A file that is a picture of two formats at once may pass
// findFormat, but cannot reach the SVG loader. This holds for the whole process.
sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({
  operation: [
    'VipsForeignLoadJpegBuffer',
    'VipsForeignLoadPngBuffer',
    'VipsForeignLoadWebpBuffer',
    'VipsForeignLoadHeifBuffer',
    'VipsForeignLoadTiffBuffer',
    'VipsForeignLoadNsgifBuffer'
  ]
})

/**
 * Long side, in pixels, that an image is decoded to; detectors see 320 or 640 pixels of it. Faces too small for the
 * crop of a model are cropped from the original, see `Picture.region`.
 *
 * Up to 2,048 pixels scaling takes longer than it saves: 14 ms in place of 8.5 for a JPEG of 1,920 x 1,280. Beyond,
 * sharp lets libjpeg decode at half the size or less when the image shrinks to a third; at 4,000 x 3,000 that takes 21
 * ms, and to 1,600 pixels, which is more than a third, 34. A face for which 1,600 pixels suffice but a third does not
 * costs a second decoding. 1,600 pixels is the maximum for memory: 5.8 MB at 4:3.
 */
export function workingSide (longSide: number): number {
  return longSide <= 2048 ? longSide : Math.min(1600, Math.max(1024, Math.floor(longSide / 3)))
}

/**
 * Limits, in bytes and pixels, for decoding a file without reading its header first: that took 0.3 of the 1.5 ms of a
 * JPEG of 250 x 250. The size of larger ones must be known before they are scaled.
 */
const smallFile = 2 ** 18
const smallPicture = 2 ** 20

/** Colour of transparent pixels: cut-out portraits are made to be shown on white. */
const background = '#ffffff'

export interface Picture {
  /** Of the upright original, in pixels. */
  readonly width: number
  readonly height: number
  /** The upright picture, scaled down to a long side of `workingSide`. */
  readonly pixels: Pixels
  /** Pixels of `pixels` per pixel of the original, at most 1. */
  readonly scale: number
  /**
   * Decodes a part of the upright original at full resolution.
   * @param box in pixels of the original, whole numbers, inside it
   */
  region(box: Box): Promise<Pixels>
}

/**
 * Decodes an image: the first frame or page, turned upright by its EXIF orientation, with transparency on white; grey,
 * 16-bit and CMYK (by its profile) are converted to sRGB.
 * @param file bytes of a JPEG, PNG, WebP, AVIF, TIFF or GIF file, or of a face image record with a JPEG
 * @param maxPixels maximum width times height; checked in the header, before anything is decoded
 * @throws Problem `image-unsupported`, `image-too-large` or `image-damaged`
 */
export async function decodeImage (file: Uint8Array, maxPixels: number): Promise<Picture> {
  const { bytes, format } = findImage(file)
  const upright = (limitInputPixels: number | false = false): Sharp =>
    sharp(bytes, {
      limitInputPixels,
      // Refuses truncated data, but not warnings, for example about a colour profile.
      failOn: 'error',
      sequentialRead: true
    }).autoOrient()
  const region = (box: Box): Promise<Pixels> =>
    toPixels(
      upright().extract({ left: box.x, top: box.y, width: box.width, height: box.height }),
      format,
      bytes
    )

  if (bytes.length <= smallFile) {
    // Images that are too large or damaged are decoded again below, which throws the right problem.
    const pixels = await toPixels(upright(Math.min(maxPixels, smallPicture)), format, bytes).catch(() => null)
    if (pixels !== null) {
      const { width, height } = pixels
      const longSide = Math.max(width, height)
      if (workingSide(longSide) === longSide) return { width, height, pixels, scale: 1, region }
    }
  }

  const { width, height } = await size(upright(), format, bytes)
  if (width * height > maxPixels) {
    throw new Problem('image-too-large', `image: expected at most ${maxPixels} pixels, received ${width}x${height}`)
  }
  const longSide = Math.max(width, height)
  const side = workingSide(longSide)
  const pixels = await toPixels(
    side === longSide ? upright() : upright().resize(side, side, { fit: 'inside' }),
    format,
    bytes
  )
  return { width, height, pixels, scale: side / longSide, region }
}

/** @throws Problem `image-unsupported` */
function findImage (file: Uint8Array): { bytes: Uint8Array, format: ImageFormat } {
  const record = openFaceRecord(file)
  if (record !== undefined && 'found' in record) throw unsupported(record.found)
  const bytes = record?.image ?? file
  const finding = findFormat(bytes)
  if (!finding.supported) throw unsupported(finding.found)
  const kind = unsupportedKind(finding.format, bytes, false)
  if (kind !== undefined) throw unsupported(kind)
  return { bytes, format: finding.format }
}

function unsupported (found: string, cause?: unknown): Problem {
  const formats = `${supportedFormats.slice(0, -1).join(', ')} or ${supportedFormats.at(-1)}`
  return new Problem('image-unsupported', `image: expected ${formats}, received ${found}`, {}, { cause })
}

/**
 * Scales a picture; when it shrinks every source pixel contributes.
 * @returns (height, width) of the same scene; the aspect ratio is not kept
 */
export async function resizePixels (pixels: Pixels, width: number, height: number): Promise<Pixels> {
  if (width === pixels.width && height === pixels.height) return pixels
  const raw = { width: pixels.width, height: pixels.height, channels: 3 } as const
  const data = await sharp(pixels.data, { raw }).resize(width, height, {
    fit: 'fill',
    kernel: 'linear'
  }).raw().toBuffer()
  return { width, height, data }
}

/**
 * Turns a picture about its centre, with black corners where the angle is no multiple of 90.
 * @param degrees clockwise
 */
export async function turnPixels (pixels: Pixels, degrees: number): Promise<Pixels> {
  const raw = { width: pixels.width, height: pixels.height, channels: 3 } as const
  const { data, info } = await sharp(pixels.data, { raw, limitInputPixels: false })
    .rotate(degrees, { background: '#000000' }).raw().toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, data }
}

async function size (image: Sharp, format: ImageFormat, bytes: Uint8Array): Promise<{ width: number, height: number }> {
  try {
    return (await image.metadata()).autoOrient
  } catch (error) {
    throw damaged(format, bytes, error)
  }
}

async function toPixels (image: Sharp, format: ImageFormat, bytes: Uint8Array): Promise<Pixels> {
  try {
    const { data, info } = await image.flatten({ background }).toColourspace('srgb').raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
    const { width, height, channels } = info
    return { width, height, data: channels === 3 ? data : spreadGrey(data, channels) }
  } catch (error) {
    throw damaged(format, bytes, error)
  }
}

/** The first channel of each pixel, repeated three times. */
function spreadGrey (data: Uint8Array, channels: number): Uint8Array {
  const rgb = new Uint8Array(data.length / channels * 3)
  for (let from = 0, to = 0; from < data.length; from += channels, to += 3) rgb.fill(data[from] as number, to, to + 3)
  return rgb
}

function damaged (format: ImageFormat, bytes: Uint8Array, cause: unknown): Problem {
  const kind = unsupportedKind(format, bytes, true)
  if (kind !== undefined) return unsupported(kind, cause)
  const reason = cause instanceof Error ? cause.message.split('\n', 1)[0]?.slice(0, 200) : undefined
  return new Problem(
    'image-damaged',
    `image: expected a complete ${format} file, received ${bytes.length} bytes that cannot be decoded ` +
      `(${reason ?? 'no reason given'})`,
    {},
    { cause }
  )
}
