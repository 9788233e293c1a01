import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Section } from '../bench/section.js'
import { projectRoot } from '../src/config.js'
import { reportSections } from './report-sections.js'

/**
 * `npm run report:production`: measures what an operator has to provide for, on the built service. Printed and written
 * into docs/scaling.md.
 *
 *   --only NAME,NAME   these sections: memory, installation, gallery, poolers, replicas, drift, citus
 *   --rounds N         how often each configuration starts; 3
 *   --templates N      of the gallery; 1,000,000
 *   --print            leave the document as it is
 */
const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    templates: { type: 'string', default: '1000000' },
    print: { type: 'boolean', default: false }
  }
})
const [rounds, templates] = (['rounds', 'templates'] as const).map(name => {
  const value = Number(options[name])
  if (!(Number.isInteger(value) && value >= 1)) {
    throw new RangeError(`--${name}: expected an integer of at least 1, received ${options[name]}`)
  }
  return value
}) as [number, number]
const log = (line: string) => console.log(line)
/** Each loads what it needs. */
const sections: Readonly<Record<string, () => Promise<Section>>> = {
  memory: async () => await (await import('./report-production/memory.js')).reportMemory({ rounds, log }),
  installation: async () => await (await import('./report-production/installation.js')).reportInstallation({ log }),
  gallery: async () => await (await import('./report-production/gallery.js')).reportGallery({ templates, log }),
  poolers: async () => await (await import('./report-production/poolers.js')).reportPoolers({ log }),
  replicas: async () => await (await import('./report-production/replicas.js')).reportReplicas({ log }),
  drift: async () => await (await import('./report-production/drift.js')).reportDrift({ log }),
  citus: async () => await (await import('./report-production/citus.js')).reportCitus({ log })
}
await reportSections({
  sections,
  only: options.only,
  document: join(projectRoot, 'docs', 'scaling.md'),
  print: options.print
})
