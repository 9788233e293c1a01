import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { projectRoot } from '../src/config.js'
import { createEngineProducts } from '../src/onnx/products.js'
import { guardFigures } from './guard-figures.js'

/** Prints how often the guard raises an alarm, rightly and wrongly, on other data than it was calibrated on. */
const { values: options } = parseArgs({
  options: {
    data: { type: 'string', default: join(projectRoot, '..', 'shared', 'data') },
    calibration: { type: 'string', default: 'celeba' },
    measurement: { type: 'string', default: 'lfw' },
    batch: { type: 'string', default: '20' },
    trials: { type: 'string', default: '5000' }
  }
})
const products = createEngineProducts({ threads: 1 })
const percent = (share: number) => `${(100 * share).toFixed(2)} %`
console.log(`calibrated on ${options.calibration}, measured on ${options.measurement}, batches of ${options.batch}, ${options.trials} trials\n`)
console.log('| claimed | received | also registered | flagged, one by one | flagged, in batches | named |')
console.log('|---|---|---|---:|---:|---:|')
for await (const figure of guardFigures({ ...options, batch: Number(options.batch), trials: Number(options.trials) }, products)) {
  const { claimed, received, registered, single, batch, named } = figure
  console.log(`| ${claimed} | ${received} | ${registered ?? '-'} | ${percent(single)} | ${percent(batch)} | ${registered === null ? '' : percent(named)} |`)
}
await products.release()
