import { open } from 'node:fs/promises'
import { Problem, StartupError } from '../../errors.js'
import { normaliseRows } from '../../science/linear-algebra/normalise.js'
import { dot } from '../../science/linear-algebra/sums.js'
import type { Space } from '../../science/template/space.js'
import { readTemplateLine } from '../../science/template/template-line.js'
import { rowOf, type Translation } from './connect.js'
import type { Migration } from './end.js'

/** Each is compared with each: 2,000 of 512 numbers take two seconds. */
const maxRows = 2000

export interface Comparison {
  readonly rows: number
  /** of a translated template and the target's own template of the same row */
  readonly meanCosine: number
  readonly leastCosine: number
  /** rows whose own template of the target is nearest to their translated one */
  readonly nearest: number
}

/**
 * Compares translated templates with those that the target model made of the same photographs.
 *
 * @param path lines `{"id": ..., "vector": [...]}`, of rows of the end
 * @throws StartupError when the file is not of such lines, or none of its rows is there
 */
export async function compareWithFile (
  path: string,
  migration: Migration,
  { translate }: Pick<Translation, 'translate'>,
  target: Space
): Promise<Comparison> {
  const own = await readOwn(path, target)
  const page = await migration.named([...own.keys()])
  if (page.ids.length === 0) {
    throw new StartupError(`${path}: expected templates of rows that are there, found none of its ${own.size} ids`)
  }
  const translated = normaliseRows(await translate(page.templates))
  const native = normaliseRows({
    rows: page.ids.length,
    cols: target.dimension,
    data: Float32Array.from(page.ids.flatMap(id => [...own.get(id)!]))
  })
  const cosines = page.ids.map((_, row) => dot(rowOf(translated, row), rowOf(native, row)))
  return {
    rows: page.ids.length,
    meanCosine: cosines.reduce((sum, cosine) => sum + cosine, 0) / cosines.length,
    leastCosine: Math.min(...cosines),
    nearest:
      page.ids.filter((_, row) =>
        page.ids.every((_, other) => other === row || dot(rowOf(translated, row), rowOf(native, other)) < cosines[row]!)
      ).length
  }
}

async function readOwn (path: string, target: Space): Promise<Map<string, Float32Array>> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw new StartupError(`--compare: expected a readable file, received ${error.code} for ${path}`, { cause: error })
  })
  const own = new Map<string, Float32Array>()
  let number = 0
  for await (const line of file.readLines()) {
    number++
    if (line.trim() === '') continue
    try {
      const { members, vector } = readTemplateLine(line, target)
      const member = members.find(({ name }) => name === 'id')?.text
      if (member === undefined) throw new Problem('body-invalid', 'expected a member "id"')
      const { id } = JSON.parse(`{${member}}`) as { id: unknown }
      // A number is named by its digits: it may be beyond double precision.
      own.set(typeof id === 'string' ? id : member.slice(member.indexOf(':') + 1).trim(), vector)
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      throw new StartupError(`${path}: line ${number}: ${error.detail}`, { cause: error })
    }
    if (own.size > maxRows) throw new StartupError(`${path}: expected at most ${maxRows} lines, found more`)
  }
  return own
}
