import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { projectRoot } from '../src/config.js'
import { reportPlans } from './report-plan/decisions.js'
import { reportSections } from './report-sections.js'

/**
 * `npm run report:plan`: what `crosswalk plan` decides for every directed pair of models by the people of one set, and
 * what every option comes to with the people of another. Printed and written into docs/plan.md.
 *
 *   --data FOLDER        with a subfolder per data set: samples.csv and MODEL.npy
 *   --fit NAME           the set that is decided by; celeba
 *   --test NAME          the set of the other people; lfw
 *   --split SHARE        other people are this share of the identities of `--fit` instead; then nothing is written
 *   --models A,B,…       all of the folder
 *   --policy TEXT        max-tmr-loss=0.02@fmr=1e-3
 *   --results FILE       what is measured is added to this file, and what it has is not measured again
 *   --print              leave the document as it is
 */
const { values: options } = parseArgs({
  options: {
    data: { type: 'string', default: join(projectRoot, '..', 'shared', 'data') },
    fit: { type: 'string', default: 'celeba' },
    test: { type: 'string', default: 'lfw' },
    split: { type: 'string' },
    models: { type: 'string' },
    policy: { type: 'string', default: 'max-tmr-loss=0.02@fmr=1e-3' },
    results: { type: 'string' },
    print: { type: 'boolean', default: false }
  }
})
const { data, fit, test, models, policy } = options
const split = options.split === undefined ? undefined : Number(options.split)
await reportSections({
  sections: {
    plan: async () =>
      await reportPlans({
        data: resolve(data),
        fit,
        test,
        split,
        models: models?.split(','),
        policy,
        results: options.results,
        log: line => process.stderr.write(`${line}\n`)
      })
  },
  only: undefined,
  document: join(projectRoot, 'docs', 'plan.md'),
  print: options.print || split !== undefined
})
