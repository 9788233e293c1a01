import { mkdtemp, readdir, copyFile, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { projectRoot } from '../src/config.js'
import { Problem } from '../src/errors.js'
import { createEngineProducts } from '../src/engines/onnx/products.js'
import { openGraph } from '../src/engines/onnx/runtime.js'
import { openModelsFolder } from '../src/engines/recognition/models-folder.js'
import { createRecognition } from '../src/engines/recognition/recognition.js'
import { manifestBy, readRecipes } from '../src/features/model-files/recipe.js'
import type { TemplateMatrix } from '../src/science/linear-algebra/matrix.js'
import { evaluateModels } from '../src/science/fitting/evaluate-models.js'
import { renderEvaluation } from './evaluate/tables.js'
import { buildModel, readOptionalEntry } from '../src/engines/model-pack/build.js'
import { optionalRecipes } from '../src/engines/model-pack/recipes.js'
import { forEach, listPhotographs } from './photographs.js'

/**
 * Prints how far identity carries over between a face model and a broad vision model: photographs are embedded by r512
 * and by the optional coco720, and both are evaluated as `POST /v1/evaluations` does.
 */
const { values: options } = parseArgs({
  options: {
    photographs: { type: 'string', default: join(projectRoot, '..', 'shared', 'data', 'lfw-images') },
    people: { type: 'string', default: '1000' }
  }
})
const models = ['r512', 'coco720']
const cache = join(projectRoot, '.cache', 'models')
const folder = await mkdtemp(join(tmpdir(), 'crosswalk-broad-'))
const products = createEngineProducts({ threads: 2 })

try {
  await addBroadModel()
  const recognition = await createRecognition({
    models: await openModelsFolder(folder, cache),
    detector: 'rfb320',
    maxPixels: 50_000_000
  })
  const photographs = await listPhotographs(resolve(options.photographs))
  // People of several photographs first: the others are no mates of anybody.
  const counts = new Map<string, typeof photographs>()
  for (const photograph of photographs) {
    counts.set(photograph.identity, [...counts.get(photograph.identity) ?? [], photograph])
  }
  const people = [...counts].sort((a, b) => b[1].length - a[1].length).slice(0, Number(options.people))
  const chosen = people.flatMap(([, own]) => own)
  const vectors: (readonly Float32Array[] | undefined)[] = []
  await forEach(chosen, 4, async ({ path }, i) => {
    const image = new Uint8Array(await readFile(path))
    vectors[i] = await recognition.embed({ image, models, faces: 'largest', aligned: false })
      .then(({ faces: [face] }) =>
        face!.templates.length < models.length ? undefined : face!.templates.map(t => t.vector)
      )
      .catch((error: unknown) => {
        if (error instanceof Problem) return undefined
        throw error
      })
  })
  await recognition.close()
  const rows = chosen.map((_, i) => i).filter(i => vectors[i] !== undefined)
  console.log(`${rows.length} of ${chosen.length} photographs of ${people.length} people were embedded.\n`)
  const evaluation = await evaluateModels(
    {
      models,
      corpus: {
        samples: rows.map(i => chosen[i]!.sample),
        identities: rows.map(i => chosen[i]!.identity),
        templates: models.map((_, m) => stacked(rows.map(i => vectors[i]![m]!)))
      }
    },
    { method: 'ridge', fmr: 0.1, seed: 42, heldOutFraction: 0.3, analyses: ['similarity', 'ridgeSensitivity'] },
    products
  )
  console.log(renderEvaluation(evaluation))
} finally {
  await products.release()
  await rm(folder, { recursive: true })
}

/** The manifests of the pack, and that of coco720 by its recipe. */
async function addBroadModel (): Promise<void> {
  const pack = join(projectRoot, 'models')
  for (const name of await readdir(pack)) {
    if (name.endsWith('.json')) await copyFile(join(pack, name), join(folder, name))
  }
  const entry = await readOptionalEntry(pack, 'coco720')
  await buildModel(entry, cache, optionalRecipes.get('coco720')!)
  const graph = await openGraph(join(cache, entry.graph.file))
  const recipe = (await readRecipes(join(pack, 'recipes'))).find(({ recipe }) => recipe === 'coco720')!
  const inspected = {
    fileName: entry.graph.file,
    sha256: entry.graph.sha256,
    inputs: graph.inputs,
    outputs: graph.outputs
  }
  await writeFile(join(folder, 'coco720.json'), JSON.stringify(manifestBy(recipe, 'coco720', inspected)))
  await graph.release()
}

function stacked (vectors: readonly Float32Array[]): TemplateMatrix {
  const cols = vectors[0]!.length
  const data = new Float32Array(vectors.length * cols)
  vectors.forEach((vector, row) => data.set(vector, row * cols))
  return { rows: vectors.length, cols, data }
}
