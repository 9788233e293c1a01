import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../../../src/config.js'
import { digestOfNumbers } from '../../../src/science/alignment/map-codec.js'
import type { Translation } from '../../../src/features/connect/connect.js'
import type { Task } from '../../../src/features/connect/end.js'
import { readMap, type MapInFolder } from '../../../src/features/maps/map-files.js'
import { createTranslator, type Translator } from '../../../src/features/translations/index.js'
import type { Session } from '../../../src/platform/database/database.js'
import type { TemplateMatrix } from '../../../src/science/linear-algebra/matrix.js'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { readNpy } from '../../../src/science/template/npy.js'

/** Templates of the model `r512`: those of the samples with a little noise, so that no two are the same. */
export function realTemplates (rows: number, seed = 1): TemplateMatrix {
  const samples = readNpy(readFileSync(join(projectRoot, 'samples', 'templates.npy')))
  const random = createRandom(seed)
  const data = new Float32Array(rows * samples.cols) // (n, 512)
  const size = Math.sqrt(samples.data.reduce((sum, value) => sum + value * value, 0) / samples.data.length)
  for (let i = 0; i < data.length; i++) {
    data[i] = samples.data[i % samples.data.length]! + 0.1 * size * (random.next() - 0.5)
  }
  return { rows, cols: samples.cols, data }
}

export const rowOf = ({ cols, data }: TemplateMatrix, row: number) => data.slice(row * cols, (row + 1) * cols)

/** The text of a row in pgvector's form. */
export const textOf = (vector: Float32Array): string => `[${vector.join(',')}]`

export interface Translating extends Translation {
  readonly map: MapInFolder
  readonly task: Task
  readonly close: Translator['close']
}

/** The shipped map from `r512` to `dlib128`, without a guard. */
export async function openTranslating (pageRows: number): Promise<Translating> {
  const map = await readMap(join(projectRoot, 'maps', 'r512-to-dlib128'))
  const translator = createTranslator({ threads: 1 })
  return {
    map,
    task: {
      map: map.id,
      numbersSha256: digestOfNumbers(map.numbers),
      source: map.source,
      target: map.target,
      pageRows
    },
    translate: async templates => await translator.translate(map.numbers, templates),
    inspect: async () => null,
    close: () => translator.close()
  }
}

/** Fills a table `faces (id, name, template)`, ids from 1. @param type of its templates */
export async function fillFaces (session: Session, type: string, templates: TemplateMatrix): Promise<void> {
  await session.query(`CREATE TABLE faces (
    id bigint PRIMARY KEY,
    name text NOT NULL,
    template ${type} NOT NULL
  )`)
  const isArray = type.endsWith('[]')
  for (let from = 0; from < templates.rows; from += 1000) {
    const rows = Array.from({ length: Math.min(1000, templates.rows - from) }, (_, i) => from + i)
    const texts = rows.map(row => textOf(rowOf(templates, row)))
    await session.query(
      `INSERT INTO faces SELECT id, 'face ' || id, template::${type}
      FROM unnest($1::bigint[], $2::text[]) AS given (id, template)`,
      [
        rows.map(row => String(row + 1)),
        isArray ? texts.map(text => `{${text.slice(1, -1)}}`) : texts
      ]
    )
  }
}

/** Templates of `faces` by id. */
export async function readFaces (session: Session, column = 'template'): Promise<Map<string, number[] | null>> {
  const { rows } = await session.query<{ id: string, template: string | null }>(
    `SELECT id::text AS id, translate(${column}::text, '{}', '[]') AS template FROM faces ORDER BY faces.id`
  )
  return new Map(rows.map(({ id, template }) => [id, template === null ? null : JSON.parse(template) as number[]]))
}

export async function columnsOf (session: Session, table = 'faces'): Promise<string[]> {
  const { rows } = await session.query<{ column: string }>(
    `SELECT attname || ' ' || format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN ' not null' ELSE '' END AS column
    FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attname`,
    [table]
  )
  return rows.map(({ column }) => column)
}

/** Names of everything that a run made, which must be gone with it. */
export async function leftovers (session: Session): Promise<string[]> {
  const { rows } = await session.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relname LIKE '%crosswalk%' OR relname ~ '_(translated|replaced)$'
    UNION ALL SELECT proname FROM pg_proc WHERE proname LIKE '%crosswalk%'
    UNION ALL SELECT tgname FROM pg_trigger WHERE tgname LIKE '%crosswalk%'`
  )
  return rows.map(({ name }) => name)
}
