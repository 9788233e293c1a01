import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { killAll } from '../bench/processes.js'
import { writeSection } from '../bench/report.js'
import { figuresTable, isMet, type Section } from '../bench/section.js'
import { projectRoot } from '../src/config.js'

/**
 * `npm run report:production`: measures what an operator has to provide for, on the built service. Printed and written
 * into docs/scaling.md.
 *
 *   --only NAME,NAME   these sections: memory, installation
 *   --rounds N         how often each configuration starts; 3
 *   --print            leave the document as it is
 */
const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    print: { type: 'boolean', default: false }
  }
})
const rounds = Number(options.rounds)
if (!(Number.isInteger(rounds) && rounds >= 1)) {
  throw new RangeError(`--rounds: expected an integer of at least 1, received ${options.rounds}`)
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    killAll()
    process.exit(1)
  })
}

const log = (line: string) => console.log(line)
/** Each loads what it needs. */
const sections: Readonly<Record<string, () => Promise<Section>>> = {
  memory: async () => await (await import('./report-production/memory.js')).reportMemory({ rounds, log }),
  installation: async () => await (await import('./report-production/installation.js')).reportInstallation({ log })
}
const names = options.only?.split(',') ?? Object.keys(sections)
for (const name of names) {
  if (!(name in sections)) {
    throw new RangeError(
      `--only: expected any of ${Object.keys(sections).join(', ')}, received ${JSON.stringify(name)}`
    )
  }
}

const document = join(projectRoot, 'docs', 'scaling.md')
const setting = `Measured on ${new Date().toISOString().slice(0, 10)} on ${availableParallelism()} cores (${
  cpus()[0]?.model.trim() ?? 'unknown'
}), Node ${process.version}.`
for (const name of names) {
  const section = await sections[name]!()
  console.log(`\n## ${section.title}\n\n${figuresTable(section.figures)}\n\n${section.markdown}`)
  for (const figure of section.figures) if (isMet(figure) === false) console.log(`${name}: ${figure.name}: not met`)
  if (!options.print) await writeSection(document, name, section, setting)
}
