import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import sharp from 'sharp'
import { projectRoot, readConfig } from '../src/config.js'
import { createRandom } from '../src/science/linear-algebra/random.js'
import { sketchOf } from '../src/science/template/sketch.js'
import { base64OfFloat32 } from '../src/science/template/float32.js'
import { recogniserFingerprint } from '../src/engines/recognition/manifest.js'
import { openModelsFolder } from '../src/engines/recognition/models-folder.js'
import { createRecognition } from '../src/engines/recognition/recognition.js'

/**
 * Writes canaries/: images of nobody, and the sketches of their templates under the models of the pack. The service
 * embeds them to notice that its templates have changed. Only run it when the images or the models change.
 *
 *   npm run canaries
 */
// The service refuses drawings; here one is rendered.
sharp.unblock({ operation: ['VipsForeignLoadSvg'] })
const folder = join(projectRoot, 'canaries')
const drawing = await readFile(join(projectRoot, 'openapi', 'face.svg'))
const draw = async (side: number) => await sharp(drawing).resize(side).png().toBuffer()

/** Coloured waves of all lengths: every pixel and every channel of a crop counts. */
function texture (side: number): Buffer {
  const random = createRandom(7)
  const waves = Array.from({ length: 36 }, (_, i) => ({
    channel: i % 3,
    x: (random.next() - 0.5) * 0.9,
    y: (random.next() - 0.5) * 0.9,
    phase: 2 * Math.PI * random.next()
  }))
  const data = Buffer.alloc(side * side * 3)
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      for (let channel = 0; channel < 3; channel++) {
        const own = waves.filter(wave => wave.channel === channel)
        const sum = own.reduce((all, wave) => all + Math.sin(wave.x * x + wave.y * y + wave.phase), 0)
        data[(y * side + x) * 3 + channel] = Math.min(255, Math.max(0, Math.round(128 + channel * 20 + 35 * sum)))
      }
    }
  }
  return data
}

/** The drawing off the centre, on a textured ground where that does not make the file large. */
async function scene (width: number, height: number, side: number) {
  const tile = await sharp(texture(96), { raw: { width: 96, height: 96, channels: 3 } }).blur(3).png().toBuffer()
  return sharp({ create: { width, height, channels: 3, background: '#9a8f80' } }).composite([
    ...width > 1000 ? [] : [{ input: tile, tile: true, blend: 'soft-light' as const }],
    { input: await draw(side), left: Math.round((width - side) * 0.3), top: Math.round((height - side) * 0.4) }
  ])
}

const images: Record<string, { aligned: boolean, bytes: Buffer }> = {
  'crop.png': {
    aligned: true,
    bytes: await sharp(texture(160), { raw: { width: 160, height: 160, channels: 3 } }).png({ compressionLevel: 9 })
      .toBuffer()
  },
  'face.jpg': { aligned: false, bytes: await (await scene(480, 360, 240)).jpeg({ quality: 85 }).toBuffer() },
  'face.webp': { aligned: false, bytes: await (await scene(300, 400, 200)).webp({ quality: 80 }).toBuffer() },
  'large.jpg': { aligned: false, bytes: await (await scene(2600, 1950, 330)).jpeg({ quality: 50 }).toBuffer() }
}

const { modelsDir, modelCacheDir, detector, imageMaxPixels } = readConfig({})
const models = await openModelsFolder(modelsDir, modelCacheDir)
const recognition = await createRecognition({ models, detector, threads: 1, maxPixels: imageMaxPixels })
const sketches: Record<string, Record<string, string>> = {}
await mkdir(folder, { recursive: true })
for (const [name, { bytes, aligned }] of Object.entries(images)) {
  await writeFile(join(folder, name), bytes)
  for (const { manifest } of models.recognisers) {
    // One by one, as the service does: the models of a request share the pixels that crops are cut from.
    const { faces: [face] } = await recognition.embed({
      image: new Uint8Array(bytes),
      models: [manifest.id],
      faces: 'largest',
      aligned
    })
    const ofModel = sketches[recogniserFingerprint(manifest)] ??= {}
    ofModel[name] = base64OfFloat32(sketchOf(face!.templates[0]!.vector))
  }
}
await recognition.close()
const set = {
  detector,
  images: Object.entries(images).map(([file, { aligned, bytes }]) => ({
    file,
    aligned,
    sha256: createHash('sha256').update(bytes).digest('hex')
  })),
  sketches
}
const sha256 = createHash('sha256').update(JSON.stringify(set)).digest('hex')
await writeFile(join(folder, 'golden.json'), JSON.stringify({ sha256, set }, null, 2) + '\n')
console.log(`wrote ${folder}`)
