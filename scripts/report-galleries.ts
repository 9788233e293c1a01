import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Section } from '../bench/section.js'
import { projectRoot } from '../src/config.js'
import { reportSections } from './report-sections.js'

/**
 * `npm run report:galleries`: measures galleries on people that nothing was fitted on, and at sizes for which there are
 * only synthetic templates. Printed and written into docs/galleries-report.md.
 *
 *   --only NAME,NAME   these sections: identification, re-enrolment, index, search, migration
 *   --data FOLDER      with a subfolder per data set: samples.csv and MODEL.npy
 *   --rounds N         how often each contestant of a comparison of speeds runs; 3
 *   --threads N        of the searches, and pairs of models that are fitted beside each other; one per core
 *   --references N     of the synthetic gallery that is searched; 1,000,000
 *   --indexed N        of the synthetic gallery that is indexed; 3,000
 *   --templates N      of the gallery that is migrated; 1,000,000
 *   --print            leave the document as it is
 */
const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    data: { type: 'string', default: join(projectRoot, '..', 'shared', 'data') },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: String(availableParallelism()) },
    references: { type: 'string', default: '1000000' },
    indexed: { type: 'string', default: '3000' },
    templates: { type: 'string', default: '1000000' },
    print: { type: 'boolean', default: false }
  }
})
const [rounds, threads, references, indexed, templates] =
  (['rounds', 'threads', 'references', 'indexed', 'templates'] as const).map(name => {
    const value = Number(options[name])
    if (!(Number.isInteger(value) && value >= 1)) {
      throw new RangeError(`--${name}: expected an integer of at least 1, received ${options[name]}`)
    }
    return value
  }) as [number, number, number, number, number]
const log = (line: string) => console.log(line)
/** Each loads what it needs. */
const sections: Readonly<Record<string, () => Promise<Section>>> = {
  identification: async () =>
    await (await import('./report-galleries/identification.js')).reportIdentification({
      data: resolve(options.data),
      workers: threads,
      log
    }),
  're-enrolment': async () =>
    await (await import('./report-galleries/re-enrolment.js')).reportReEnrolment({
      data: resolve(options.data),
      workers: threads,
      log
    }),
  index: async () =>
    await (await import('./report-galleries/index-recall.js')).reportIndexRecall({
      data: resolve(options.data),
      references: indexed,
      log
    }),
  search: async () =>
    await (await import('./report-galleries/search.js')).reportSearch({ rounds, references, threads, log }),
  migration: async () => await (await import('./report-galleries/migration.js')).measure({ templates, log })
}
await reportSections({
  sections,
  only: options.only,
  document: join(projectRoot, 'docs', 'galleries-report.md'),
  print: options.print
})
