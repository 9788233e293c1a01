import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { splitIdentities } from '../src/science/linear-algebra/identities.js'
import { createRandom } from '../src/science/linear-algebra/random.js'
import { projectRoot } from '../src/config.js'
import { createEngineProducts } from '../src/engines/onnx/products.js'
import { reportAttackedEnsembles } from './report/attacked-ensembles.js'
import { reportComparisonSpaces } from './report/comparison-spaces.js'
import { reportEnsembles } from './report/ensembles.js'
import { reportEstimators } from './report/estimators.js'
import { reportGuard } from './report/guard.js'
import { reportIdentityPairs } from './report/identity-pairs.js'
import { reportRecalibration } from './report/recalibration.js'
import { reportMasterTemplates } from './report/master-templates.js'
import { reportTranslations } from './report/translations.js'
import { readLabelledSet, subset } from './report/labelled-set.js'

/**
 * Prints how the project's choices perform on data that nothing was fitted on, next to what is expected:
 *
 *     npm run report [-- PART...] [options]
 *
 * with the parts `comparison`, where two models are compared and how far thresholds hold; `translation`, the same of
 * translated templates; `recalibration`, thresholds and likelihood ratios from a caller's own templates; `identity`,
 * maps from pairs of other images; `ensembles`, several templates a side; `estimators`, what `auto` loses; `attacks`,
 * what templates that should match everybody come to; `attacked-ensembles`, the same of probes of two models; and
 * `guard`. Default: all of them.
 */
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** folder with a subfolder per data set: samples.csv and MODEL.npy */
    data: { type: 'string', default: join(projectRoot, '..', 'shared', 'data') },
    fit: { type: 'string', default: 'celeba' },
    test: { type: 'string', default: 'lfw' },
    models: { type: 'string', default: 'r512,mbf128,mfv2-256,dlib128-loose,faceres1024-loose' },
    /** share of the identities of `fit` that is tested on instead of `test` */
    split: { type: 'string' },
    /** images that estimators are compared on */
    rows: { type: 'string', default: '10000' },
    /** with one pair of other images each */
    people: { type: 'string', default: '1000' },
    batch: { type: 'string', default: '20' },
    trials: { type: 'string', default: '5000' },
    threads: { type: 'string', default: '2' }
  }
})
const parts = [
  'comparison',
  'translation',
  'recalibration',
  'identity',
  'ensembles',
  'estimators',
  'attacks',
  'attacked-ensembles',
  'guard'
]
const unknown = positionals.find(part => !parts.includes(part))
if (unknown !== undefined) throw new Error(`expected any of ${parts.join(', ')}, received ${unknown}`)
const wanted = (part: string) => positionals.length === 0 || positionals.includes(part)

const models = options.models.split(',')
const products = createEngineProducts({ threads: Number(options.threads) })

if (parts.some(part => !['identity', 'guard'].includes(part) && wanted(part))) {
  const whole = await readLabelledSet(options.data, options.fit, models)
  const split = options.split === undefined
    ? undefined
    : splitIdentities(whole.identities, Number(options.split), createRandom(42))
  const fitted = split === undefined ? whole : subset(whole, split.training)
  const tested = split === undefined
    ? await readLabelledSet(options.data, options.test, models)
    : subset(whole, split.heldOut)
  const where = split === undefined
    ? `fitted on ${options.fit}, tested on ${options.test}: TMR at FMR 1e-3`
    : `fitted on ${fitted.samples.length} images of ${options.fit}, tested on the ${tested.samples.length} of other people: TMR at FMR 1e-3`
  if (wanted('comparison')) {
    console.log(`\n## Comparison spaces, ${where}\n`)
    await reportComparisonSpaces(fitted, tested, models, products)
  }
  if (wanted('translation')) {
    console.log(`\n## Translations, ${where}\n`)
    await reportTranslations(fitted, tested, models, products)
  }
  if (wanted('recalibration')) {
    console.log(`\n## Calibrations from own templates, ${where}\n`)
    await reportRecalibration(fitted, tested, models, products)
  }
  if (wanted('ensembles')) {
    console.log(`\n## Ensembles, ${where}\n`)
    await reportEnsembles(fitted, tested, models, products)
  }
  if (wanted('estimators')) {
    console.log(`\n## Estimators, ${where}`)
    await reportEstimators(fitted, tested, models, Number(options.rows), products)
  }
  if (wanted('attacks')) {
    console.log('\n## Templates that should match everybody\n')
    await reportMasterTemplates(fitted, tested, models, products)
  }
  if (wanted('attacked-ensembles')) {
    console.log('\n## Probes of two models that should match everybody\n')
    await reportAttackedEnsembles(fitted, tested, models, products)
  }
}
if (wanted('identity')) {
  console.log(`\n## Pairs of other images, fitted and tested on ${options.test}\n`)
  const tested = await readLabelledSet(options.data, options.test, models)
  await reportIdentityPairs(tested, models, Number(options.people), products)
}
if (wanted('guard')) {
  console.log(`\n## Guard, calibrated on ${options.fit}, measured on ${options.test}`)
  await reportGuard({
    data: options.data,
    calibration: options.fit,
    measurement: options.test,
    batch: Number(options.batch),
    trials: Number(options.trials)
  }, products)
}
await products.release()
