import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/**
 * Joins the 683 modules of typebox into a few, which load in 0.02 s of processor time instead of 0.3 s.
 *
 * @param to folder that becomes a copy of the package, with its licence
 * @param isNeeded of what code imports, such as `typebox/value`; everything unless given
 * @returns where each of the entries is below that folder, by what code imports
 */
export async function joinTypebox (
  to: string,
  isNeeded: (specifier: string) => boolean = () => true
): Promise<ReadonlyMap<string, string>> {
  const folder = dirname(dirname(fileURLToPath(import.meta.resolve('typebox'))))
  const manifest = await readFile(join(folder, 'package.json'), 'utf8')
  const { exports } = JSON.parse(manifest) as { exports: Record<string, { import: string }> }
  const entries = Object.entries(exports)
    .map(([name, entry]) => [join('typebox', name), entry.import] as const)
    .filter(([specifier]) => isNeeded(specifier))
  await rm(to, { recursive: true, force: true })
  await build({
    entryPoints: entries.map(([, entry]) => join(folder, entry)),
    outbase: folder,
    outdir: to,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node'
  })
  await writeFile(join(to, 'package.json'), manifest)
  await cp(join(folder, 'license'), join(to, 'license'))
  return new Map(entries)
}
