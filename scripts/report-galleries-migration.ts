/**
 * Section `migration` of the report of galleries by itself, printed:
 *
 *   tsx scripts/report-galleries-migration.ts [--templates 1000000]
 */
import { parseArgs } from 'node:util'
import { killAll } from '../bench/processes.js'
import { figuresTable } from '../bench/section.js'
import { measure } from './report-galleries/migration.js'

const { values } = parseArgs({ options: { templates: { type: 'string', default: '1000000' } } })
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => { killAll(); process.exit(1) })
const { title, markdown, figures } = await measure({ templates: Number(values.templates), log: line => console.log(line) })
console.log(`\n## ${title}\n\n${figuresTable(figures)}\n\n${markdown}`)
