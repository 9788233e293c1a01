/**
 * Prints what `crosswalk plan` decides for every directed pair of models, on people of one set, and what every option
 * would have done on other people.
 *
 *   npm run report:plan -- [--data FOLDER] [--fit celeba] [--test lfw] [--models A,B,…] [--fmr 1e-3] [--max-loss 0.02]
 */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { markdownTable } from '../bench/section.js'
import { projectRoot } from '../src/config.js'
import { createEngineProducts } from '../src/engines/onnx/products.js'
import { decideMigration, migrationOptions, type OptionFigures } from '../src/science/cards/migration-decision.js'
import {
  figuresOf,
  fitMigrationOptions,
  measureMigrationOptions,
  reversedMigration,
  sidesOfOptions,
  type FittedMigration
} from '../src/science/fitting/migration-options.js'
import { everyRow, readLabelledSet } from './report/labelled-set.js'
import { modelsOfFolder } from './templates-folder.js'

const { values: options } = parseArgs({
  options: {
    data: { type: 'string', default: resolve(projectRoot, '..', 'shared', 'data') },
    fit: { type: 'string', default: 'celeba' },
    test: { type: 'string', default: 'lfw' },
    models: { type: 'string' },
    fmr: { type: 'string', default: '1e-3' },
    'max-loss': { type: 'string', default: '0.02' },
    'without-old-model': { type: 'boolean', default: false }
  }
})
const seed = 42
/** of the gallery that `re-enrol` makes anew */
const share = 0.1
const fmr = Number(options.fmr)
const policy = { maxTmrLoss: Number(options['max-loss']), fmr, oldModelStays: !options['without-old-model'] }
const models = options.models?.split(',') ?? await modelsOfFolder(resolve(options.data, options.fit))
const products = createEngineProducts({ threads: 2 })
const [fitting, testing] = [
  await readLabelledSet(options.data, options.fit, models),
  await readLabelledSet(options.data, options.test, models)
]

const fnir = (figures: readonly OptionFigures[], option: OptionFigures['option']) =>
  1 - figures.find(figure => figure.option === option)!.tmr
const rows: string[][] = []
let [largest, total] = [0, 0]
for (const [k, a] of models.entries()) {
  for (const b of models.slice(k + 1)) {
    const fitted = await fitMigrationOptions(
      {
        samples: fitting.samples,
        identities: fitting.labels,
        source: fitting.of(a),
        target: fitting.of(b),
        oneSided: { source: 0, target: 0 },
        hash: ''
      },
      seed,
      products
    )
    await judge(a, b, fitted)
    await judge(b, a, reversedMigration(fitted))
  }
}

async function judge (source: string, target: string, migration: FittedMigration): Promise<void> {
  const { figures } = await measureMigrationOptions(migration, { fmr, share, seed }, products)
  const identity = Int32Array.from(everyRow(testing), row => testing.identities.ofRow[row]!)
  const sides = await sidesOfOptions(migration.fitted, testing.of(source), testing.of(target), share, products)
  const { figures: hindsight } = await figuresOf([sides], [identity], { fmr, seed }, products)
  // Without photographs nobody is re-enrolled.
  const open = migrationOptions.filter(option => option !== 're-enrol')
  const decision = decideMigration(figures.filter(({ option }) => open.includes(option)), policy)
  const candidates = open.filter(option => policy.oldModelStays || option !== 'nothing')
  const best = candidates.reduce((x, y) => fnir(hindsight, y) < fnir(hindsight, x) ? y : x)
  const regret = fnir(hindsight, decision.option) - fnir(hindsight, best)
  largest = Math.max(largest, regret)
  total += regret
  rows.push([
    source,
    target,
    ...migrationOptions.map(option => `${fnir(figures, option).toFixed(4)} / ${fnir(hindsight, option).toFixed(4)}`),
    decision.migrate ? decision.option : "don't",
    best,
    regret.toFixed(4)
  ])
  process.stderr.write(`${rows.at(-1)!.join('  ')}\n`)
}

await products.release()
console.log(
  markdownTable(['gallery', 'new model', ...migrationOptions, 'decided', 'best in hindsight', 'regret'], rows)
)
console.log(
  `\nFNIR at FMR ${fmr}, expected from ${options.fit} by cross-fitting / reached on ${options.test}. ` +
    `Regret: largest ${largest.toFixed(4)}, mean ${
      (total / rows.length).toFixed(4)
    }, over ${rows.length} directed pairs.`
)
