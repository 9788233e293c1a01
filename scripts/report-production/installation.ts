import { cp, lstat, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runProgram } from '../../bench/processes.js'
import { figure } from '../../bench/rounds.js'
import { amount, markdownTable, type MeasureOptions, type Section } from '../../bench/section.js'
import { projectRoot } from '../../src/config.js'

const mostMegabytes = 250

/** Installs the packages of production as an operator does, and weighs them. It needs the package registry. */
export async function reportInstallation ({ log }: Pick<MeasureOptions, 'log'>): Promise<Section> {
  const folder = await mkdtemp(join(tmpdir(), 'crosswalk-installation-'))
  try {
    for (const name of ['package.json', 'package-lock.json', '.npmrc', 'scripts/prune.mjs']) {
      await mkdir(join(folder, 'scripts'), { recursive: true })
      await cp(join(projectRoot, name), join(folder, name))
    }
    await npm(folder, 'ci', '--omit=dev', '--no-audit', '--no-fund')
    const installed = await megabytesOf(join(folder, 'node_modules'))
    await npm(folder, 'run', 'prune')
    const pruned = await megabytesOf(join(folder, 'node_modules'))
    log(`  installed ${Math.round(installed)} MB, pruned ${Math.round(pruned)} MB`)
    return {
      title: 'Installation',
      figures: [{ ...figure('MB of node_modules, pruned', [pruned], mostMegabytes), sense: 'at-most' }],
      markdown: 'The packages of production on the disk, in the blocks that their files take.\n\n' +
        markdownTable(['after', 'MB'], [
          ['`npm ci --omit=dev`', amount(installed)],
          ['`npm run prune`', amount(pruned)]
        ])
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function npm (folder: string, ...parameters: string[]): Promise<void> {
  await runProgram('npm', ['--prefix', folder, ...parameters], { name: `npm ${parameters[0]}` })
}

/** As `du` counts: blocks of 512 bytes. */
async function megabytesOf (folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true })
  const sizes = await Promise.all(entries.map(async entry => (await lstat(join(folder, entry))).blocks * 512))
  return sizes.reduce((sum, size) => sum + size, 0) / 1e6
}
