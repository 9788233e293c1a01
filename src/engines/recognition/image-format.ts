import { misreadTiff, undecodedTiff } from './tiff-kind.js'

/** The formats that are decoded, by the names that libvips uses. */
export type ImageFormat = 'JPEG' | 'PNG' | 'WebP' | 'AVIF' | 'TIFF' | 'GIF'

export const supportedFormats: readonly ImageFormat[] = ['JPEG', 'PNG', 'WebP', 'AVIF', 'TIFF', 'GIF']

export type FormatFinding =
  | { readonly supported: true, readonly format: ImageFormat }
  /** `found` completes the sentence "received ...". */
  | { readonly supported: false, readonly found: string }

/**
 * Tells the format of a file by its first bytes. Only supported formats reach the decoder: others (SVG with its
 * references to files, PDF) would expose far more code to callers than a photograph needs.
 */
export function findFormat (bytes: Uint8Array): FormatFinding {
  if (bytes.length === 0) return { supported: false, found: 'an empty body' }
  const start = latin1(bytes, 0, 64)
  for (const [format, matches] of signatures) {
    if (matches(start)) return { supported: true, format }
  }
  return { supported: false, found: nameUnsupported(bytes, start) }
}

/**
 * Names a complete file of a supported format that is of a kind which cannot be decoded.
 * @param hasFailed whether the decoder has refused it
 * @returns completes the sentence "received ..."; undefined when there is no such kind
 */
export function unsupportedKind (format: ImageFormat, bytes: Uint8Array, hasFailed: boolean): string | undefined {
  if (format === 'TIFF') return misreadTiff(bytes) ?? (hasFailed ? undecodedTiff(bytes) : undefined)
  return format === 'AVIF' && hasFailed && latin1(bytes, 8, 12) === 'avis'
    ? 'an animated AVIF image; convert one of its frames to AVIF or JPEG'
    : undefined
}

const signatures: readonly [ImageFormat, (start: string) => boolean][] = [
  ['JPEG', (start) => start.startsWith('\xff\xd8\xff')],
  ['PNG', (start) => start.startsWith('\x89PNG\r\n\x1a\n')],
  ['WebP', (start) => start.startsWith('RIFF') && start.slice(8, 12) === 'WEBP'],
  ['AVIF', (start) => start.slice(4, 8) === 'ftyp' && /^avi[fs]/.test(brands(start))],
  // The third and fourth are BigTIFF.
  ['TIFF', (start) => /^(II\*\0|MM\0\*|II\+\0|MM\0\+)/.test(start)],
  ['GIF', (start) => /^GIF8[79]a/.test(start)]
]

/**
 * The AVIF brand of an ISO base media file, if any. Often the major brand is `mif1`, and AVIF, the codec that counts,
 * is only a compatible brand.
 */
function brands (start: string): string {
  const length = Math.min(64, boxLength(start))
  const compatible = start.slice(16, length).match(/.{4}/gs) ?? []
  return [start.slice(8, 12), ...compatible].find((brand) => brand === 'avif' || brand === 'avis') ?? ''
}

function boxLength (start: string): number {
  return [0, 1, 2, 3].reduce((length, i) => length * 256 + start.charCodeAt(i), 0)
}

const others: readonly [string, (start: string) => boolean][] = [
  ['a PDF document', (start) => start.startsWith('%PDF-')],
  ['a BMP image', (start) => start.startsWith('BM') && start.slice(6, 10) === '\0\0\0\0'],
  [
    'a JPEG XL image; convert it to JPEG or PNG',
    (start) => start.startsWith('\xff\x0a') || start.slice(4, 12) === 'JXL \r\n\x87\n'
  ],
  [
    'a JPEG 2000 image; convert it to JPEG or PNG',
    (start) => start.startsWith('\xff\x4f\xff\x51') || start.slice(4, 8) === 'jP  '
  ],
  [
    'a HEIF image with a codec other than AV1, such as HEIC; export it as JPEG',
    (start) => /^ftyp(hei|hev|mif1|msf1)/.test(start.slice(4))
  ],
  ['an MP4 or QuickTime video', (start) => start.slice(4, 8) === 'ftyp'],
  ['a Photoshop document', (start) => start.startsWith('8BPS')],
  ['a ZIP archive', (start) => start.startsWith('PK\x03\x04')],
  ['gzip data', (start) => start.startsWith('\x1f\x8b')],
  ['a Netpbm image', (start) => /^P[1-7]\s/.test(start)],
  ['a NumPy array', (start) => start.startsWith('\x93NUMPY')]
]

function nameUnsupported (bytes: Uint8Array, start: string): string {
  const other = others.find(([, matches]) => matches(start))
  if (other !== undefined) return other[0]
  const head = latin1(bytes, 0, 1024)
  if (/<svg[\s>]/i.test(head)) return 'an SVG document'
  if (/^(\xef\xbb\xbf)?\s*(<!doctype html|<html)/i.test(head)) return 'an HTML document'
  if (/^(\xef\xbb\xbf)?\s*<\?xml/.test(head)) return 'an XML document'
  if ([...head].every((character) => character >= ' ' || '\t\n\r\f'.includes(character))) return 'text'
  return `${bytes.length} bytes in an unknown format`
}

function latin1 (bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to))
}
