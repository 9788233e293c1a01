import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { createRandom } from '../src/science/linear-algebra/random.js'
import { projectRoot, readConfig } from '../src/config.js'
import { openModelsFolder } from '../src/engines/recognition/models-folder.js'
import { createRecognition } from '../src/engines/recognition/recognition.js'
import { base64OfFloat32 } from '../src/science/template/float32.js'
import { calibrateExample } from './example-calibration.js'
import { fitExampleEnsemble } from './example-ensemble.js'
import { evaluateExamples } from './example-evaluation.js'

/**
 * Writes openapi/examples.json, what the examples of the documentation are made of: the drawing openapi/face.svg as a
 * small image, its templates, and synthetic pairs of templates of two spaces of four and three dimensions. And
 * openapi/example-evaluation.json, the evaluation of these spaces; openapi/example-calibration.json, a calibration
 * of the shipped map between them; and openapi/example-ensemble.json, an ensemble of the two.
 */
// The service refuses drawings; here one is rendered.
sharp.unblock({ operation: ['VipsForeignLoadSvg'] })
const folder = join(projectRoot, 'openapi')
const face = await sharp(await readFile(join(folder, 'face.svg'))).resize(160).webp({ quality: 60 }).toBuffer()

const { modelsDir, modelCacheDir, mapsDir, detector, imageMaxPixels } = readConfig({})
const recognition = await createRecognition({
  models: await openModelsFolder(modelsDir, modelCacheDir),
  detector,
  threads: 1,
  maxPixels: imageMaxPixels
})
const result = await recognition.embed({
  image: new Uint8Array(face),
  models: ['r512', 'dlib128'],
  faces: 'largest',
  aligned: false
})
await recognition.close()
const [r512, dlib128] = result.faces[0]!.templates

// An image of a person is that person's point plus noise; the second space sees three mixtures of the four coordinates.
const random = createRandom(1)
const normal = () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
const mixture = [[0.8, -0.3, 0.5], [0.4, 0.9, -0.2], [-0.5, 0.3, 0.8], [0.3, -0.2, -0.4]]
const round = (value: number) => Number(value.toFixed(3))
const pairs = Array.from({ length: 20 }, (_, person) => {
  const point = Array.from({ length: 4 }, normal)
  return [1, 2].map(image => {
    const source = point.map(value => round(value + 0.15 * normal()))
    const target = [0, 1, 2].map(j =>
      round(source.reduce((sum, value, i) => sum + value * mixture[i]![j]!, 0) + 0.05 * normal())
    )
    return {
      sample: `person ${person + 1}, image ${image}`,
      identity: `person ${person + 1}`,
      source: { vector: source },
      target: { vector: target }
    }
  })
}).flat()

const examples = {
  face: face.toString('base64'),
  templates: { r512: base64OfFloat32(r512!.vector), dlib128: base64OfFloat32(dlib128!.vector) },
  pairs
}
await writeFile(join(folder, 'examples.json'), JSON.stringify(examples, null, 1) + '\n')
await writeFile(join(folder, 'example-evaluation.json'), JSON.stringify(await evaluateExamples(pairs), null, 1) + '\n')
await writeFile(
  join(folder, 'example-calibration.json'),
  JSON.stringify(await calibrateExample(mapsDir, pairs), null, 1) + '\n'
)
await writeFile(
  join(folder, 'example-ensemble.json'),
  JSON.stringify(await fitExampleEnsemble(mapsDir, pairs), null, 1) + '\n'
)
console.log(`wrote openapi/examples.json: a face of ${face.length} bytes, ${pairs.length} pairs`)
