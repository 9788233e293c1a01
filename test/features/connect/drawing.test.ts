import assert from 'node:assert/strict'
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { asyncBufferFromFile, parquetMetadataAsync } from 'hyparquet'
import sqlite from 'node-sqlite3-wasm'
import { projectRoot } from '../../../src/config.js'
import { drawFromParts, drawNumbers } from '../../../src/features/connect/files/drawing.js'
import { openTemplateFile } from '../../../src/features/connect/files/open.js'
import { pagesOf } from '../../../src/features/connect/files/parquet-pages.js'
import type { DrawnRows, FileChoice } from '../../../src/features/connect/files/template-file.js'
import { bytesOfFloat32 } from '../../../src/science/template/float32.js'
import { npyHeader, writeNpy } from '../../../src/science/template/npy.js'
import { zipped } from './zip-by-hand.js'

const [rows, dimension] = [2000, 8]
const kind = { model: 'drawn', fingerprint: 'a'.repeat(64), dimension }
/** That of row 0 is 1, 2, 3, …, that of row 1 is 2, 3, 4, …: a template says which row it is of. */
const templateOf = (row: number) => Float32Array.from({ length: dimension }, (_, i) => row + 1 + i)
const matrix = { rows, cols: dimension, data: new Float32Array(rows * dimension) } // (n, d)
for (let row = 0; row < rows; row++) matrix.data.set(templateOf(row), row * dimension)

/** Its columns are written by `pyarrow.parquet.write_table` with pages of some 30 rows. */
const fixture = (name: string) => join(projectRoot, 'test/features/connect/files', name)

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crosswalk-drawing-'))
})
after(() => rm(folder, { recursive: true }))

async function draw (path: string, choice: FileChoice, count: number): Promise<DrawnRows> {
  const file = await openTemplateFile(path, choice, folder)
  try {
    return await file.draw(count, kind)
  } finally {
    await file.close()
  }
}

/** @param expected what each row has; undefined where the message says what is wrong */
function requireFair (
  { numbers, templates }: DrawnRows,
  expected: (row: number) => Float32Array | null | undefined = templateOf
): void {
  assert.ok(numbers.length >= 190 && numbers.length <= 210, `${numbers.length} rows`)
  assert.equal(templates.length, numbers.length)
  assert.deepEqual(numbers, [...new Set(numbers)].toSorted((a, b) => a - b))
  assert.ok(numbers.every(number => Number.isInteger(number) && number >= 0 && number < rows))
  for (let twentieth = 0; twentieth < 20; twentieth++) {
    const here = numbers.filter(number => Math.floor(number * 20 / rows) === twentieth).length
    assert.ok(here >= 5 && here <= 15, `${here} of 10 rows of twentieth ${twentieth}`)
  }
  numbers.forEach((number, i) => {
    const template = expected(number)
    if (template === undefined) assert.match(String(templates[i]), /expected 8 numbers, received/)
    else assert.deepEqual(templates[i], template, `row ${number}`)
  })
}

describe('rows that are drawn from all over a file', () => {
  test('are one of each share, whatever the numbers', () => {
    fc.assert(fc.property(fc.nat(5000), fc.nat(600), (of, count) => {
      const numbers = drawNumbers(of, count)
      const shares = Math.min(of, count)
      assert.equal(numbers.length, shares)
      numbers.forEach((number, i) => {
        assert.ok(number >= Math.floor(i * of / shares) && number < Math.floor((i + 1) * of / shares))
      })
    }))
  })

  test('do not follow a period of the file', () => {
    const steps = new Set(drawNumbers(200_000, 500).map((number, i, all) => number - (all[i - 1] ?? 0)))
    assert.ok(steps.size > 100, `${steps.size} steps`)
  })

  test('come from parts in proportion to their rows', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 900 }), { maxLength: 200 }), sizes => {
      let from = 0
      const parts = sizes.map(rows => ({ from: (from += rows) - rows, rows }))
      for (const { part, numbers } of drawFromParts(parts, 500)) {
        assert.deepEqual(numbers, [...new Set(numbers)].toSorted((a, b) => a - b))
        assert.ok(numbers.every(number => number >= part.from && number < part.from + part.rows))
        // One place more than the part's share of at least 50 places, of ten rows each at most.
        assert.ok(numbers.length <= 10 * (Math.ceil(50 * part.rows / from) + 1) + 500 * part.rows / from)
      }
    }))
  })

  test('of lines, arrays and tables are those of their numbers', async () => {
    const templates = Array.from({ length: rows }, (_, row) => templateOf(row))
    const lines = templates.map((template, row) => JSON.stringify({ id: row, vector: [...template] })).join('\n\n')
    const files: [name: string, bytes: Buffer | string, choice: FileChoice][] = [
      ['a.npy', writeNpy(matrix), {}],
      ['stored.npz', zipped([{ name: 'v.npy', bytes: writeNpy(matrix) }]), {}],
      ['packed.npz', zipped([{ name: 'v.npy', bytes: writeNpy(matrix), compressed: true }]), {}],
      ['a.ndjson', lines, {}]
    ]
    for (const [name, bytes, choice] of files) {
      await writeFile(join(folder, name), bytes)
      requireFair(await draw(join(folder, name), choice, 200))
    }
    const path = join(folder, 'a.db')
    const database = new sqlite.Database(path)
    database.exec('CREATE TABLE faces (id INTEGER PRIMARY KEY, template BLOB); BEGIN')
    // Most rowids are not used, and some rows have no template.
    templates.forEach((template, row) =>
      database.run('INSERT INTO faces VALUES (?, ?)', [
        row * row,
        row % 9 === 5 ? null : new Uint8Array(bytesOfFloat32(template))
      ])
    )
    database.exec('COMMIT')
    database.close()
    requireFair(
      await draw(path, { table: 'faces', column: 'template' }, 200),
      row => row % 9 === 5 ? null : templateOf(row)
    )
  })

  for (const name of ['pyarrow-pages-v1.parquet', 'pyarrow-pages-v2.parquet']) {
    test(`of ${name} are those of their numbers, in every kind of column`, async () => {
      for (const column of ['plain', 'coded', 'bytes', 'text']) {
        requireFair(await draw(fixture(name), { column }, 200))
      }
      requireFair(
        await draw(fixture(name), { column: 'nullable' }, 200),
        row => row % 7 === 3 ? null : templateOf(row)
      )
      // A row lacks a number that the next one has more.
      const odd = (row: number) => row === 5 || row === 6 ? undefined : templateOf(row)
      requireFair(await draw(fixture(name), { column: 'odd' }, 200), odd)
      const all = await draw(fixture(name), { column: 'odd' }, rows)
      assert.ok(all.numbers.length > 0)
      all.numbers.forEach((number, i) => {
        const template = odd(number)
        if (template !== undefined) assert.deepEqual(all.templates[i], template)
      })
    })
  }

  test('of a Parquet file need no other pages than theirs', async () => {
    const bytes = await readFile(fixture('pyarrow-pages-v1.parquet'))
    const path = join(folder, 'damaged.parquet')
    const expected = await draw(fixture('pyarrow-pages-v1.parquet'), { column: 'plain' }, 5)
    const metadata = await parquetMetadataAsync(await asyncBufferFromFile(fixture('pyarrow-pages-v1.parquet')))
    const file = await open(fixture('pyarrow-pages-v1.parquet'))
    let [pages, needed] = [0, 0]
    try {
      for (const { columns: [column] } of metadata.row_groups) {
        for await (const { at, header } of pagesOf(file, column!.meta_data!)) {
          const damaged = Buffer.from(bytes).fill(0, at, at + header.compressed_page_size)
          await writeFile(path, damaged)
          pages++
          const drawn = await draw(path, { column: 'plain' }, 5).catch(() => undefined)
          if (drawn === undefined) needed++
          else assert.deepEqual(drawn, expected)
        }
      }
    } finally {
      await file.close()
    }
    assert.ok(pages > 50 && needed === 5, `${needed} of ${pages} pages`)
  })

  test('of an Arrow file are those of their numbers', async () => {
    requireFair(await draw(fixture('pyarrow-batches.arrow'), { column: 'plain' }, 200))
  })

  test('of a file without rows are none', async () => {
    const path = join(folder, 'empty.npy')
    await writeFile(path, npyHeader(0, dimension))
    assert.deepEqual(await draw(path, {}, 200), { numbers: [], templates: [] })
  })
})

describe(
  'what is read for rows that are drawn',
  { skip: process.platform !== 'linux' && 'needs /proc/self/io' },
  () => {
    const bytesRead = async () => Number(/rchar: (\d+)/.exec(await readFile('/proc/self/io', 'utf8'))![1])

    test('of a matrix is a tenth of it at most', async () => {
      const [many, numbers] = [20_000, 512]
      const large = writeNpy({ rows: many, cols: numbers, data: new Float32Array(many * numbers).fill(0.5) })
      for (
        const [name, bytes] of [['large.npy', large], ['large.npz', zipped([{ name: 'v.npy', bytes: large }])]] as const
      ) {
        const path = join(folder, name)
        await writeFile(path, bytes)
        const file = await openTemplateFile(path, {}, folder)
        try {
          const begun = await bytesRead()
          const { templates } = await file.draw(50, { ...kind, dimension: numbers })
          assert.ok(templates.length === 50 && templates.every(template => template instanceof Float32Array))
          const share = (await bytesRead() - begun) / bytes.length
          assert.ok(share < 0.1, `${name}: ${share}`)
        } finally {
          await file.close()
        }
      }
    })
  }
)
