import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { projectRoot } from '../src/config.js'
import { killAll } from './processes.js'
import { measuredHere, writeSection } from './report.js'
import { figuresTable, isMet, type MeasureOptions, type Section } from './section.js'

/**
 * `npm run bench`: every section in turn, each beside its peers, into docs/performance.md.
 *
 *   --only NAME,NAME   these sections
 *   --rounds N         how often each contestant runs; 3
 *   --rows N           length of the stream; 10,000,000
 *   --minutes N        everything is ended after that; 30
 *   --print            leave the document as it is
 */
const sections = [
  'translation',
  'stream',
  'files',
  'verification',
  'embedding',
  'fitting',
  'scaling',
  'event-loop',
  'largest-requests',
  'profile'
]
/** The file of every section, by its name. */
interface SectionModule {
  measure(options: MeasureOptions & { readonly rows?: number }): Promise<Section>
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: sections.join(',') },
    rounds: { type: 'string', default: '3' },
    rows: { type: 'string', default: '10000000' },
    minutes: { type: 'string', default: '30' },
    print: { type: 'boolean', default: false }
  }
})
const [rounds, rows, minutes] = ([['rounds', 1], ['rows', 10_000], ['minutes', 1]] as const).map(([name, least]) => {
  const value = Number(values[name])
  if (!Number.isInteger(value) || value < least) {
    throw new RangeError(`--${name}: expected an integer of at least ${least}, received ${values[name]}`)
  }
  return value
}) as [number, number, number]
const names = values.only.split(',')
for (const name of names) {
  if (!sections.includes(name)) {
    throw new RangeError(`--only: expected some of ${sections.join(', ')}, received ${JSON.stringify(name)}`)
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    killAll()
    process.exit(130)
  })
}
setTimeout(() => {
  console.error(`ended after ${minutes} minutes (--minutes)`)
  killAll()
  process.exit(1)
}, minutes * 60_000).unref()

const setting =
  `${measuredHere()}; medians and spreads of ${rounds} rounds. The load generator and the peers share the cores with the service.`
const document = join(projectRoot, 'docs', 'performance.md')
const failures: string[] = []
for (const name of names) {
  console.log(`\n${name}`)
  const began = performance.now()
  try {
    const { measure } = await import(`./${name}.js`) as SectionModule
    const section = await measure({ rounds, rows, log: line => console.log(line) })
    console.log(
      `\n${figuresTable(section.figures)}\n\n${section.markdown}\n\n${name}: ${
        Math.round((performance.now() - began) / 1000)
      } s`
    )
    failures.push(
      ...section.figures.filter(figure => isMet(figure) === false).map(figure => `${name}: ${figure.name}: not met`)
    )
    if (!values.print) await writeSection(document, name, section, setting)
  } catch (error) {
    console.error(error)
    failures.push(`${name}: ${(error as Error).message}`)
  }
}
for (const failure of failures) console.log(failure)
// A run whose figures are below their targets has succeeded in measuring them.
if (failures.some(failure => !failure.endsWith(': not met'))) process.exitCode = 1
