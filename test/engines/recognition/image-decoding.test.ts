import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, test } from 'node:test'
import { crc32 } from 'node:zlib'
import sharp from 'sharp'
import { Problem, type ErrorCode } from '../../../src/errors.js'
import { decodeImage, workingSide } from '../../../src/engines/recognition/image.js'
import type { Pixels } from '../../../src/engines/recognition/pixels.js'
import { portrait } from '../../support/photographs.js'
import { variants } from '../../support/image-variants.js'

const limit = 50_000_000

let photograph: Buffer

before(async () => {
  photograph = await sharp({ create: { width: 96, height: 64, channels: 3, background: '#808080' } })
    // Left half red, upper right quarter green: every turn and mirror image of it looks different.
    .composite([
      { input: { create: { width: 48, height: 64, channels: 3, background: '#a07878' } }, left: 0, top: 0 },
      { input: { create: { width: 48, height: 32, channels: 3, background: '#78a078' } }, left: 48, top: 0 }
    ]).png().toBuffer()
})

const problem = (code: ErrorCode, detail: RegExp) => (error: unknown): boolean => {
  assert.ok(error instanceof Problem, String(error))
  assert.equal(error.code, code)
  assert.match(error.detail, detail)
  return true
}

/** An uncompressed TIFF file of 8 x 8 samples, one a pixel, as other programs write them. */
function tiff ({ bits, sampleFormat = 1, photometric = 1 }: {
  bits: number
  sampleFormat?: number
  photometric?: number
}): Buffer {
  const size = 8 * Math.ceil(8 * bits / 8)
  const entries = [[256, 8], [257, 8], [258, bits], [259, 1], [262, photometric], [273, 8], [277, 1], [278, 8], [
    279,
    size
  ], [339, sampleFormat]] as const
  const directory = Buffer.alloc(2 + 12 * entries.length + 4)
  directory.writeUInt16LE(entries.length)
  for (const [i, [tag, value]] of entries.entries()) {
    directory.writeUInt16LE(tag, 2 + 12 * i)
    directory.writeUInt16LE(3, 4 + 12 * i)
    directory.writeUInt32LE(1, 6 + 12 * i)
    directory.writeUInt16LE(value, 10 + 12 * i)
  }
  const header = Buffer.from('II*\0\0\0\0\0', 'latin1')
  header.writeUInt32LE(8 + size, 4)
  return Buffer.concat([header, Buffer.alloc(size, 90), directory])
}

/** A record of ISO/IEC 19794-5:2005 with one image and no feature points. */
function faceRecord (image: Buffer): Buffer {
  const facial = Buffer.alloc(32)
  facial.writeUInt32BE(32 + image.length)
  const header = Buffer.from('FAC\x00010\0\0\0\0\0\0\x01', 'latin1')
  header.writeUInt32BE(14 + facial.length + image.length, 8)
  return Buffer.concat([header, facial, image])
}

/** A BER-TLV element with a length of two bytes. */
function element (tag: string, value: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(tag, 'hex'),
    Buffer.from([0x82, value.length >> 8, value.length & 255]),
    value
  ])
}

/** A data group 2 of a travel document around a record. */
function dataGroup2 (record: Buffer): Buffer {
  const template = Buffer.concat([element('a1', Buffer.from('8001028702ff01', 'hex')), element('5f2e', record)])
  return element('75', element('7f61', Buffer.concat([Buffer.from('020101', 'hex'), element('7f60', template)])))
}

/** Mean absolute difference, in grey levels. */
function difference (a: Pixels, b: Pixels): number {
  assert.deepEqual([a.width, a.height, a.data.length], [b.width, b.height, b.data.length])
  return a.data.reduce((sum, value, i) => sum + Math.abs(value - (b.data[i] as number)), 0) / a.data.length
}

test('every format and depth gives the same upright 8-bit RGB picture', async (t) => {
  const { pixels: reference } = await decodeImage(photograph, limit)
  assert.equal(reference.data.length, 96 * 64 * 3)
  for (const { name, bytes, colourKept } of await variants(photograph)) {
    await t.test(name, async () => {
      const { width, height, scale, pixels } = await decodeImage(bytes, limit)
      assert.deepEqual([width, height, scale], [96, 64, 1])
      // In grey levels: codecs and palettes stay within 4. Losing its colours takes this picture to 14.
      const limitOfDifference = colourKept ? 4 : 16
      assert.ok(difference(pixels, reference) < limitOfDifference, String(difference(pixels, reference)))
    })
  }
})

test('transparent pixels become white', async () => {
  const clear = await sharp({
    create: { width: 8, height: 8, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } }
  }).png().toBuffer()
  const { pixels } = await decodeImage(clear, limit)
  assert.ok(pixels.data.every((value) => value === 255))
})

test('a large image is scaled down during decoding, a region of it is not', async () => {
  const large = await sharp(readFileSync(portrait)).resize(4000).jpeg().toBuffer()
  const picture = await decodeImage(large, limit)
  assert.equal(picture.width, 4000)
  assert.equal(picture.pixels.width, workingSide(4000))
  assert.equal(picture.scale, workingSide(4000) / 4000)
  const region = await picture.region({ x: 1000, y: 700, width: 300, height: 200 })
  assert.deepEqual([region.width, region.height, region.data.length], [300, 200, 300 * 200 * 3])
  const expected = await sharp(large).extract({ left: 1000, top: 700, width: 300, height: 200 }).raw().toBuffer()
  assert.ok(difference(region, { width: 300, height: 200, data: expected }) < 1)
})

test('a small file of a long picture is scaled down too', async () => {
  const strip = await sharp({
    create: { width: 4000, height: 40, channels: 3, background: '#405060' }
  }).png().toBuffer()
  assert.ok(strip.length < 2 ** 18)
  const { width, height, scale, pixels } = await decodeImage(strip, limit)
  assert.deepEqual([width, height, scale], [4000, 40, workingSide(4000) / 4000])
  assert.deepEqual([pixels.width, pixels.data.length], [workingSide(4000), pixels.width * pixels.height * 3])
})

test('images are never enlarged, never kept larger than needed, and never smaller than the detector input', () => {
  for (let longSide = 1; longSide < 20_000; longSide += 7) {
    const side = workingSide(longSide)
    assert.ok(
      Number.isInteger(side) && side <= longSide && side <= 2048 && side >= Math.min(longSide, 1024),
      `${longSide}: ${side}`
    )
  }
})

test('a region of a turned photograph is that of the upright picture', async () => {
  const turned = await sharp(photograph).rotate(-90).withMetadata({ orientation: 6 }).png().toBuffer()
  const picture = await decodeImage(turned, limit)
  assert.deepEqual([picture.width, picture.height], [96, 64])
  const green = await picture.region({ x: 60, y: 4, width: 10, height: 10 })
  assert.deepEqual([...green.data.subarray(0, 3)], [0x78, 0xa0, 0x78])
})

test('a truncated file is damaged, in every format', async (t) => {
  const real = await sharp(readFileSync(portrait)).resize(320).png().toBuffer()
  for (const { name, bytes } of await variants(real)) {
    await t.test(name, async () => {
      await assert.rejects(
        decodeImage(bytes.subarray(0, Math.floor(bytes.length * 0.6)), limit),
        problem('image-damaged', /^image: expected a complete (JPEG|PNG|WebP|AVIF|TIFF|GIF) file, received \d+ bytes/)
      )
    })
  }
})

test('bytes that are not a supported image are refused, naming what they are', async (t) => {
  const cases: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['nothing', new Uint8Array(), /received an empty body$/],
    ['text', Buffer.from('not an image, whatever the header says'), /received text$/],
    [
      'SVG',
      Buffer.from('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
      /received an SVG document$/
    ],
    ['PDF', Buffer.from('%PDF-1.7\n'), /received a PDF document$/],
    ['HTML', Buffer.from('<!doctype html><title>404</title>'), /received an HTML document$/],
    [
      'HEIC',
      Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'),
      /received a HEIF image with a codec other than AV1, such as HEIC; export it as JPEG$/
    ],
    [
      'an animated AVIF',
      Buffer.from('\0\0\0\x18ftypavis\0\0\0\0msf1avis', 'latin1'),
      /received an animated AVIF image; convert/
    ],
    [
      'JPEG 2000',
      Buffer.from('0000000c6a5020200d0a870a', 'hex'),
      /received a JPEG 2000 image; convert it to JPEG or PNG$/
    ],
    [
      'a TIFF of floats',
      tiff({ bits: 32, sampleFormat: 3 }),
      /received a TIFF file of floating-point numbers; convert/
    ],
    ['a TIFF of signed numbers', tiff({ bits: 16, sampleFormat: 2 }), /received a TIFF file of signed or complex/],
    ['a TIFF of 32 bits', tiff({ bits: 32 }), /received a TIFF file of 32 bits per sample; convert/],
    ['a TIFF of 12 bits', tiff({ bits: 12 }), /received a TIFF file of 12 bits per sample; convert/],
    ['a TIFF in CIELab', tiff({ bits: 8, photometric: 8 }), /received a TIFF file in the colours of CIELab; convert/],
    ['random bytes', Buffer.from([0, 1, 2, 3, 250, 251]), /received 6 bytes in an unknown format$/]
  ]
  for (const [name, bytes, detail] of cases) {
    await t.test(name, async () => {
      await assert.rejects(decodeImage(bytes, limit), problem('image-unsupported', detail))
    })
  }
})

test('the image of a face image record is opened, also within a data group 2', async () => {
  const jpeg = await sharp(photograph).jpeg({ quality: 95 }).toBuffer()
  const { pixels } = await decodeImage(jpeg, limit)
  const records = [faceRecord(jpeg), dataGroup2(faceRecord(jpeg)), element('65', element('a0', jpeg))]
  for (const record of records) assert.equal(difference((await decodeImage(record, limit)).pixels, pixels), 0)
  const broken = faceRecord(jpeg.subarray(0, jpeg.length / 2))
  await assert.rejects(decodeImage(broken, limit), problem('image-damaged', /JPEG/))
})

test('a face image record whose image is no JPEG is refused, naming it', async () => {
  const jpeg2000 = Buffer.from('0000000c6a5020200d0a870a00000014', 'hex')
  for (
    const [record, name] of [
      [faceRecord(jpeg2000), 'a face image record of ISO/IEC 19794-5'],
      [dataGroup2(faceRecord(jpeg2000)), 'a data group 2']
    ] as const
  ) {
    await assert.rejects(
      decodeImage(record, limit),
      problem('image-unsupported', new RegExp(`received ${name} with a JPEG 2000 image; convert`))
    )
  }
  await assert.rejects(
    decodeImage(faceRecord(Buffer.alloc(20)), limit),
    problem('image-unsupported', /received a face image record of ISO\/IEC 19794-5 without a JPEG image$/)
  )
})

test('a JPEG signature before something else is damaged, and reaches no other decoder', async () => {
  await assert.rejects(
    decodeImage(Buffer.from('\xff\xd8\xff<svg width="9" height="9"/>', 'latin1'), limit),
    problem('image-damaged', /JPEG/)
  )
})

test('the number of pixels is checked on the header, before anything is decoded', async () => {
  const bomb = Buffer.from(photograph)
  bomb.writeUInt32BE(60_000, 16)
  bomb.writeUInt32BE(50_000, 20)
  bomb.writeUInt32BE(crc32(bomb.subarray(12, 29)), 29)
  await assert.rejects(
    decodeImage(bomb, limit),
    problem('image-too-large', /^image: expected at most 50000000 pixels, received 60000x50000$/)
  )
  await assert.rejects(decodeImage(photograph, 96 * 64 - 1), problem('image-too-large', /received 96x64$/))
  await decodeImage(photograph, 96 * 64)
})

test('a picture of one pixel, and a very thin one, decode', async () => {
  for (const [width, height] of [[1, 1], [5000, 1], [1, 5000]] as const) {
    const bytes = await sharp({ create: { width, height, channels: 3, background: '#808080' } }).png().toBuffer()
    const picture = await decodeImage(bytes, limit)
    assert.deepEqual([picture.width, picture.height], [width, height])
  }
})
