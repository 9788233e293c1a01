import sharp, { type Sharp } from 'sharp'

/** One picture in another file format, depth or colour space. */
export interface ImageVariant {
  readonly name: string
  readonly bytes: Buffer
  /** False when the variant cannot hold the colours of the original. */
  readonly colourKept: boolean
}

/** The picture in every form that an image may be sent in. */
export async function variants (picture: Buffer): Promise<ImageVariant[]> {
  const open = (): Sharp => sharp(picture).removeAlpha()
  const made: readonly (readonly [string, Sharp, boolean?])[] = [
    ['JPEG', open().jpeg({ quality: 95, chromaSubsampling: '4:4:4' })],
    ['progressive JPEG', open().jpeg({ quality: 95, progressive: true, chromaSubsampling: '4:4:4' })],
    ['PNG', open().png()],
    ['PNG with a palette', open().png({ palette: true })],
    ['PNG of 16 bits', open().toColourspace('rgb16').png()],
    ['PNG with alpha', open().ensureAlpha(1).png()],
    ['WebP', open().webp({ quality: 95 })],
    ['AVIF', open().avif({ quality: 80, effort: 1 })],
    ['TIFF', open().tiff({ compression: 'lzw' })],
    ['GIF', open().gif()],
    ['grey JPEG', open().greyscale().jpeg({ quality: 95 }), false],
    ['grey PNG of 16 bits', open().toColourspace('grey16').png(), false],
    [
      'CMYK JPEG',
      open().toColourspace('cmyk').withIccProfile('cmyk').jpeg({ quality: 95, chromaSubsampling: '4:4:4' }),
      false
    ],
    [
      'JPEG turned by EXIF',
      open().rotate(-90).withMetadata({ orientation: 6 }).jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
    ],
    [
      'JPEG mirrored by EXIF',
      open().flop().withMetadata({ orientation: 2 }).jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
    ]
  ]
  const result: ImageVariant[] = []
  for (const [name, image, colourKept = true] of made) result.push({ name, bytes: await image.toBuffer(), colourKept })
  return result
}
