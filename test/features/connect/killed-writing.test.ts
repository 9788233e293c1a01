import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import sqlite from 'node-sqlite3-wasm'
import { programOf } from '../../../bench/processes.js'
import { projectRoot } from '../../../src/config.js'
import type { FileChoice } from '../../../src/features/connect/files/template-file.js'
import { bytesOfFloat32 } from '../../../src/science/template/float32.js'
import { writeNpy } from '../../../src/science/template/npy.js'
import { migrateFile } from './file-migration.js'
import { openTranslating, realTemplates, rowOf, type Translating } from './tables.js'
import { zipped } from './zip-by-hand.js'

const rows = realTemplates(5000)
const fixture = (name: string) => async (path: string) =>
  await copyFile(join(projectRoot, 'test/features/connect/files', name), path)

/** A file of each kind, whose templates are written in several blocks. */
const files: readonly {
  readonly kind: string
  readonly name: string
  readonly choice: FileChoice
  /** of the block at which the run is killed */
  readonly at: number
  make(path: string): Promise<void>
}[] = [
  {
    kind: 'Parquet',
    name: 'faces.parquet',
    choice: { column: 'embedding', id: 'id' },
    at: 2,
    make: fixture('pyarrow-lists.parquet')
  },
  {
    kind: 'Arrow',
    name: 'faces.arrow',
    choice: { column: 'embedding', id: 'id' },
    at: 2,
    make: fixture('pyarrow-lists.arrow')
  },
  {
    kind: 'SQLite',
    name: 'faces.db',
    choice: { table: 'faces', id: 'id', column: 'template' },
    at: 3,
    make: makeTable
  },
  {
    kind: 'a matrix of NumPy',
    name: 'faces.npy',
    choice: {},
    at: 2,
    make: async path => await writeFile(path, writeNpy(rows))
  },
  {
    kind: 'compressed arrays of NumPy',
    name: 'faces.npz',
    choice: { column: 'faces' },
    at: 2,
    make: async path =>
      await writeFile(
        path,
        zipped([
          { name: 'others.npy', bytes: writeNpy(realTemplates(9)), compressed: true },
          { name: 'faces.npy', bytes: writeNpy(rows), compressed: true }
        ])
      )
  },
  {
    kind: 'lines of JSON',
    name: 'faces.ndjson',
    choice: { id: 'id' },
    at: 3,
    make: async path =>
      await writeFile(
        path,
        Array.from(
          { length: rows.rows },
          (_, row) => `{"id": ${row}, "data": "${bytesOfFloat32(rowOf(rows, row)).toString('base64')}"}\n`
        ).join('')
      )
  }
]

async function makeTable (path: string): Promise<void> {
  const database = new sqlite.Database(path)
  database.exec('CREATE TABLE faces (id INTEGER PRIMARY KEY, template BLOB); BEGIN')
  const insert = database.prepare('INSERT INTO faces VALUES (?, ?)')
  for (let row = 0; row < rows.rows; row++) insert.run([row, new Uint8Array(bytesOfFloat32(rowOf(rows, row)))])
  insert.finalize()
  database.exec('COMMIT')
  database.close()
}

describe('a run that is killed while it writes the new file', () => {
  let [folder, translating] = [] as unknown as [string, Translating]
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crosswalk-connect-'))
    translating = await openTranslating(500)
  })
  after(async () => {
    await translating.close()
    await rm(folder, { recursive: true })
  })

  for (const { kind, name, choice, at, make } of files) {
    test(`of ${kind} leaves the file as it is, and ends as one that is not killed`, async () => {
      const [path, other] = [join(folder, name), join(folder, `other-${name}`)]
      await make(path)
      const original = await readFile(path)
      await copyFile(path, other)
      assert.equal((await migrateFile(translating, other, choice)).result.kind, 'swapped')

      await migrateFile(translating, path, choice, { stopBeforeSwap: true })
      for (const block of [1, at]) {
        const program = spawn(
          process.execPath,
          [...programOf('test/features/connect/kill-while-writing'), path, JSON.stringify(choice), String(block)],
          { stdio: ['ignore', 'inherit', 'inherit'] }
        )
        const [, signal] = await once(program, 'exit') as [number | null, string | null]
        assert.equal(signal, 'SIGKILL')
        assert.ok((await stat(`${path}.crosswalk/new`)).isFile())
        assert.deepEqual(await readFile(path), original)
        await assert.rejects(stat(`${path}.replaced`), { code: 'ENOENT' })
      }
      const { result, verified } = await migrateFile(translating, path, choice)
      assert.ok(result.kind === 'swapped', result.kind)
      assert.deepEqual([result.proof.missing, verified!.leastCosine > 0.999999], [0, true])
      assert.deepEqual(await readFile(path), await readFile(other))
      assert.deepEqual(await readFile(`${path}.replaced`), original)
    })
  }
})
