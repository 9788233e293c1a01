import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const { resolve } = createRequire(import.meta.url)

/**
 * Path of a file of an installed npm package. The folders are those that `require` looks in; the package's own
 * `exports` are not asked, because they name its code and not the weights that lie beside it.
 *
 * @throws Error when the package is not installed or does not contain the file
 */
export function packageFile (name: string, file: string): string {
  const folder = resolve.paths(name)?.map((modules) => join(modules, name)).find((path) =>
    existsSync(join(path, 'package.json'))
  )
  if (folder === undefined) {
    throw new Error(
      `the npm package ${name}, which the model pack is made from, is not installed: run npm install ${name}`
    )
  }
  const path = join(folder, file)
  if (!existsSync(path)) throw new Error(`the npm package ${name} has no file ${file}: ${path}`)
  return path
}
