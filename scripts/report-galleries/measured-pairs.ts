import { createPool, workerBeside } from '../../src/engines/threads/pool.js'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { SectionSkipped } from '../report-sections.js'
import type { GalleryReportOptions } from './options.js'
import type { PairFigures, PairTask } from './pair-worker.js'

const models = ['r512', 'mbf128', 'mfv2-256', 'dlib128-loose', 'faceres1024-loose'] as const

let measured: Promise<PairFigures[]> | undefined

/**
 * Every pair of the models, fitted and measured once for all sections that ask.
 * @throws SectionSkipped when the data are not there
 */
export async function measuredPairs (options: GalleryReportOptions): Promise<PairFigures[]> {
  measured ??= measurePairs(options)
  return await measured
}

async function measurePairs ({ data, workers, log }: GalleryReportOptions): Promise<PairFigures[]> {
  for (const set of ['celeba', 'lfw']) {
    if (!existsSync(join(data, set, 'samples.csv'))) throw new SectionSkipped(`${join(data, set)} has no samples.csv`)
  }
  // The most expensive first, so that no worker ends alone with one.
  const tasks: PairTask['pair'][] = models.flatMap((a, i) => models.slice(i + 1).map(b => [a, b] as const)).reverse()
  const pool = createPool<PairTask, PairFigures>({
    worker: workerBeside(import.meta.url, 'pair-worker'),
    threads: workers
  })
  try {
    return await Promise.all([...tasks, ...models.map(model => [model] as const)].map(async pair => {
      const figures = await pool.run({ data, models, pair })
      log(`  ${pair.join(', ')}${figures.chosen.length === 0 ? '' : `: ${figures.chosen.join('; back ')}`}`)
      return figures
    }))
  } finally {
    await pool.destroy()
  }
}
