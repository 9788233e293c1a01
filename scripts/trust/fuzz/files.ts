import sharp from 'sharp'
import { float32FromBytes } from '../../../src/science/template/float32.js'
import { writeNpy } from '../../../src/science/template/npy.js'
import type { Media } from './document.js'

/** Valid bodies other than JSON, by media type, from which mutations start. */
export type Files = Readonly<Record<string, readonly Buffer[]>>

export const formBoundary = 'fuzz'

/**
 * @param face base64 of an image of a face
 * @param template base64 of a 512-d template, float32
 */
export async function createFiles (face: string, template: string): Promise<Files> {
  const image = sharp(Buffer.from(face, 'base64'))
  const size = { width: 120 }
  const images = {
    'image/jpeg': [
      await image.clone().jpeg().toBuffer(),
      await image.clone().resize(size).jpeg({ progressive: true }).withMetadata({ orientation: 6 }).toBuffer()
    ],
    'image/png': [
      await image.clone().png().toBuffer(),
      await image.clone().resize(size).png({ palette: true }).toBuffer()
    ],
    'image/webp': [
      await image.clone().webp().toBuffer(),
      await image.clone().resize(size).webp({ lossless: true }).toBuffer()
    ],
    'image/avif': [await image.clone().resize(size).avif({ effort: 0 }).toBuffer()],
    'image/tiff': [await image.clone().resize(size).tiff({ compression: 'lzw' }).toBuffer()],
    'image/gif': [await image.clone().resize(size).gif().toBuffer()]
  }
  const vector = Buffer.from(template, 'base64')
  const npy = (cols: number, bytes: Buffer) =>
    writeNpy({ rows: bytes.length / 4 / cols, cols, data: float32FromBytes(bytes) })
  const hostileNpy = ['<f4', '>f4', '<f8', '<f2', '|O', '|S4', '<c8'].flatMap(type =>
    ['(2, 4)', '(4, 2)', '(8,)', '()', '(99999999999, 4)', '(0, 4)', '(-1, 4)', '(4, 99999999999999999999)'].map(
      shape =>
        npyWithHeader(
          `{'descr': '${type}', 'fortran_order': ${shape === '(4, 2)' ? 'True' : 'False'}, 'shape': ${shape}, }`,
          vector.subarray(0, 32)
        )
    )
  )
  const npys = [npy(512, vector), npy(4, vector.subarray(0, 64)), ...hostileNpy]
  const lines = [
    '{"sample":"one","identity":"x","vector":[0.5,-0.25,0.75,0.1]}',
    '{"sample":"two","data":"AAAAPwAAgL4AAEA/zczMPQ=="}'
  ].join('\n') + '\n'
  return {
    ...images,
    'application/octet-stream': [vector, vector.subarray(0, 16), images['image/jpeg'][0]!, nonFinite()],
    'application/x-npy': npys,
    'application/x-ndjson': [Buffer.from(lines), Buffer.from(lines.replaceAll('\n', '\r\n'))],
    'multipart/form-data': [
      form([['image', 'face.jpg', images['image/jpeg'][0]!]]),
      form([['templates', 'templates.npy', npy(4, vector.subarray(0, 32))], [
        'samples',
        'samples.csv',
        Buffer.from('sample,identity\none,x\ntwo,y\n')
      ]]),
      form([['sample', undefined, Buffer.from('one')], ['identity', undefined, Buffer.from('x')], [
        'image',
        'face.png',
        images['image/png'][1]!
      ]])
    ]
  }
}

/** Of a media type that has none of its own. */
export const fallbackFile = (media: Media): Buffer =>
  Buffer.from(typeof media.example === 'string' ? media.example : 'anything')

function npyWithHeader (header: string, elements: Buffer): Buffer {
  const text = Buffer.from(`${header}\n`, 'latin1')
  const length = Buffer.alloc(2)
  length.writeUInt16LE(text.length)
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), length, text, elements])
}

function nonFinite (): Buffer {
  const numbers = Float32Array.of(NaN, Infinity, -Infinity, 1e-45)
  return Buffer.from(numbers.buffer)
}

function form (parts: readonly [name: string, file: string | undefined, content: Buffer][]): Buffer {
  return Buffer.concat([
    ...parts.flatMap(([name, file, content]) => [
      Buffer.from(
        `--${formBoundary}\r\nContent-Disposition: form-data; name="${name}"${
          file === undefined ? '' : `; filename="${file}"`
        }\r\n\r\n`
      ),
      content,
      Buffer.from('\r\n')
    ]),
    Buffer.from(`--${formBoundary}--\r\n`)
  ])
}
