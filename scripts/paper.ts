import { createPool, workerBeside } from '../src/engines/threads/pool.js'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { splitIdentities } from '../src/science/linear-algebra/identities.js'
import { createRandom } from '../src/science/linear-algebra/random.js'
import { projectRoot } from '../src/config.js'
import { directedPairs, heldOutFraction, paperSeeds, type PairResult } from './paper/protocol.js'
import { renderTables, replaceSection } from './paper/table.js'
import { readCorpus } from './paper/templates.js'
import type { PaperTask } from './paper/worker.js'

/**
 * Repeats the protocol of Rubab, Tong and Ross (arXiv 2604.07282) on the shared templates, beside this project's own
 * fit on the same people, prints the tables and writes them into docs/paper.md.
 *
 * The project's own fit is the greater part of the time (5 folds of 14 candidates for each pair). `--own` names the
 * corpora that get it, `--own none` leaves it out; `--corpus` names those that are run at all.
 */
const { values: options } = parseArgs({
  options: {
    data: { type: 'string', default: join(projectRoot, '..', 'shared', 'data') },
    corpus: { type: 'string', default: 'celeba,lfw' },
    own: { type: 'string', default: 'celeba,lfw' },
    seeds: { type: 'string', default: paperSeeds.join() },
    output: { type: 'string', default: join(projectRoot, 'docs', 'paper.md') },
    workers: { type: 'string', default: '2' }
  }
})
const folder = resolve(options.data)
const seeds = options.seeds.split(',').map(Number)
const names = options.corpus.split(',')
if (seeds.some(seed => !Number.isInteger(seed))) {
  throw new Error(`--seeds: expected integers, received ${options.seeds}`)
}

const workers = Number(options.workers)
const pool = createPool<PaperTask, PairResult>({
  worker: workerBeside(import.meta.url, 'paper/worker'),
  threads: workers
})
try {
  for (const name of names) {
    const started = Date.now()
    let done = 0
    const own = options.own.split(',').includes(name)
    const results = await Promise.all(directedPairs.map(async pair => {
      const result = await pool.run({ folder, corpus: name, pair, seeds, own })
      process.stderr.write(
        `  ${name}: ${++done} of ${directedPairs.length} pairs, ${Math.round((Date.now() - started) / 1000)} s\n`
      )
      return result
    }))
    const section = `${await describeCorpus(name)}\n\n${renderTables(results, seeds)}`
    console.log(`## ${name}\n\n${section}\n`)
    // The document is read as late as this: another corpus may have been written meanwhile.
    const written = replaceSection(await readFile(options.output, 'utf8'), name, section)
    await writeFile(`${options.output}.part`, written)
    await rename(`${options.output}.part`, options.output)
  }
} finally {
  await pool.destroy()
}

async function describeCorpus (name: string): Promise<string> {
  const { samples, identities } = await readCorpus(folder, name)
  const { heldOut } = splitIdentities(identities, heldOutFraction, createRandom(seeds[0]!))
  const people = new Set(heldOut.map(row => identities.ofRow[row])).size
  return `${samples.length} images of ${identities.rows.length} people; seed ${
    seeds[0]
  } holds out ${heldOut.length} images of ${people} people.`
}
