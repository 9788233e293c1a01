import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { openPromise } from 'yauzl'
import { StartupError } from '../../../src/errors.js'
import { runConnect } from '../../../src/features/connect/connect.js'
import type { FileChoice } from '../../../src/features/connect/files/template-file.js'
import { bytesOfFloat32 } from '../../../src/science/template/float32.js'
import { npyHeader, readNpy, writeNpy } from '../../../src/science/template/npy.js'
import { randomRows, startCommand } from '../../support/migration-command.js'
import { events, migrateFile, options, withFileEnd } from './file-migration.js'
import { openTranslating, realTemplates, rowOf, type Translating } from './tables.js'
import { zipped } from './zip-by-hand.js'

const run = promisify(execFile)
const rows = realTemplates(30)
const pair = ['--from', 'r512', '--to', 'dlib128']

let [folder, translating] = [] as unknown as [string, Translating]
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crosswalk-connect-'))
  // Pages that end inside of a file.
  const opened = await openTranslating(7)
  translating = opened
})
after(async () => {
  await translating.close()
  await rm(folder, { recursive: true })
})

const digestOf = async (path: string) => createHash('sha256').update(await readFile(path)).digest('hex')
const leftovers = async (name: string) => (await readdir(folder)).filter(each => each.startsWith(`${name}.`))

/** Migrates a file in two runs, the first of which is stopped at its first page, and brings it back. */
async function migrateTwice (name: string, bytes: string | Buffer, choice: FileChoice) {
  const path = join(folder, name)
  await writeFile(path, bytes)
  const original = await digestOf(path)
  const stop = new AbortController()
  const begun = await withFileEnd(
    path,
    choice,
    async end =>
      await runConnect(end.migration(translating.task), translating, options, {
        ...events,
        onProgress: () => stop.abort()
      }, stop.signal)
  )
  assert.deepEqual([begun.kind, await digestOf(path)], ['interrupted', original])
  const { result, verified } = await migrateFile(translating, path, choice)
  assert.ok(result.kind === 'swapped', result.kind)
  assert.ok(verified!.leastCosine > 0.999999, String(verified!.leastCosine))
  const migrated = await readFile(path)
  await withFileEnd(path, choice, async end => await end.undo(false))
  assert.equal(await digestOf(path), original)
  assert.deepEqual(await leftovers(name), [])
  return { migrated, proof: result.proof, verified }
}

async function refused (name: string, bytes: string | Buffer, choice: FileChoice, expected: RegExp): Promise<void> {
  const path = join(folder, name)
  await writeFile(path, bytes)
  await assert.rejects(
    migrateFile(translating, path, choice),
    (error: Error) => error instanceof StartupError && expected.test(error.message),
    String(expected)
  )
  await withFileEnd(path, choice, async end => await end.undo(false)).catch(() => {})
  assert.deepEqual(await leftovers(name), [])
  assert.deepEqual(await readFile(path), Buffer.from(bytes))
}

function assertNear (found: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  assert.equal(found.length, expected.length, what)
  const off = Array.from(found).reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0)
  assert.ok(off < 1e-6, `${what} differs by ${off}`)
}

const float64 = (row: number) => Buffer.from(Float64Array.from(rowOf(rows, row)).buffer)
const base64 = (row: number) => bytesOfFloat32(rowOf(rows, row)).toString('base64')
const numbers = (row: number) => `[${[...rowOf(rows, row)].join(', ')}]`
const floatsOf = (text: string) => new Float32Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer)
const doublesOf = (text: string) => new Float64Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer)

describe('lines of JSON', () => {
  test('as the service has them keep every byte but those of the template and of what it is', async () => {
    const { source, target } = translating.map
    const mark = (row: number) => `<${row}>`
    // A place for each template, around which nothing may change.
    const lines = [
      `{"id":"a","n": 12345678901234567890.10, "vector":${mark(0)} }\n`,
      '\n',
      ` \t{ "data" : "${
        mark(1)
      }" ,"esc\\u0061ped":"\\u00e9\\"}","model":"MODEL", "deep":{"vector":[1,{"data":"x"}]}}\r\n`,
      '  \n \n',
      `{"fingerprint":"PRINT","vector":${mark(2)},"é":1e400,"subject":-0.0}\n`,
      '{"id":"nobody","vector":null}\n',
      '{"id":"nothing at all"}\n',
      ...Array.from({ length: 9 }, (_, i) => `{"vector":${mark(3 + i)},"i":${i}}\n`),
      `{"data":"${mark(12)}"}`
    ]
    const filled = (template: (row: number, asText: boolean) => string, model: string, print: string) =>
      lines.map(line =>
        line.replace('MODEL', model).replace('PRINT', print)
          .replace(/"<(\d+)>"/, (_, row) => `"${template(Number(row), true)}"`)
          .replace(/<(\d+)>/, (_, row) => template(Number(row), false))
      ).join('')
    const text = filled((row, isText) => isText ? base64(row) : numbers(row), source.model, source.fingerprint)
    const { migrated, proof } = await migrateTwice('service.ndjson', text, {})
    const { digest: _, ...counts } = proof
    assert.deepEqual(counts, { rows: 15, translated: 13, empty: 2, leftOut: 0, missing: 0 })

    const found = migrated.toString()
    const written = found.split('\n').filter(line => line.trim() !== '').map(line =>
      JSON.parse(line) as { data?: string, vector?: number[] | null }
    )
    const expected = await translating.translate(rows)
    const templates = written.filter(({ data, vector }) => (data ?? vector ?? undefined) !== undefined)
    templates.forEach(({ data, vector }, row) => {
      assertNear(data === undefined ? vector! : floatsOf(data), rowOf(expected, row), `row ${row}`)
    })
    // What surrounds the templates, with those that were found in their places.
    const texts = [...found.matchAll(/"data" ?: ?"([^"]{99,})"|"vector":(\[[^\]]{99,}\])/g)].map(([, data, vector]) =>
      data ?? vector!
    )
    assert.equal(found, filled(row => texts[row]!, target.model, target.fingerprint))
  })

  test('of another program keep the member that is named, in its form', async () => {
    const forms = [
      (row: number) => JSON.stringify(float64(row).toString('base64')),
      numbers,
      (row: number) => `"${base64(row)}"`
    ]
    const text = Array.from(
      { length: 30 },
      (_, row) => `{"model": "camera 7", "face": ${forms[row % 3]!(row)}, "nr": 9007199254740993${row}}\n`
    ).join('')
    const { migrated, proof } = await migrateTwice('other.jsonl', text, { column: 'face', id: 'nr' })
    assert.equal(proof.translated, 30)
    const names = Array.from({ length: 30 }, (_, row) => `9007199254740993${row}`)
    const sum = names.reduce((all, name) => all + createHash('sha256').update(name).digest().readBigUInt64BE(0), 0n)
    assert.equal(proof.digest, BigInt.asUintN(64, sum).toString(16).padStart(16, '0'))
    const expected = await translating.translate(rows)
    migrated.toString().trimEnd().split('\n').forEach((line, row) => {
      const { model, face } = JSON.parse(line) as { model: string, face: string | number[] }
      assert.deepEqual([model, line.endsWith(`, "nr": 9007199254740993${row}}`)], ['camera 7', true])
      const values = typeof face !== 'string' ? face : row % 3 === 0 ? doublesOf(face) : floatsOf(face)
      assertNear(values, rowOf(expected, row), `row ${row}`)
    })
  })

  test('that are not as expected are refused with the line, and left as they are', async () => {
    const good = `{"id":1,"vector":${numbers(0)}}\n`
    const cases: [string, FileChoice, RegExp][] = [
      [good, { table: 'faces' }, /expected no --table/],
      [good, { column: 'face' }, /expected lines with a member "face", found id, vector/],
      [good, { id: 'name' }, /--id: expected lines with a member "name", found id, vector/],
      ['{"id":1}\n', {}, /expected lines with "vector" or "data", or --column, found id/],
      [`${good}{"vector":${numbers(1)}}\n`, { id: 'id' }, /line 2: --id: expected "id", found none/],
      [`${good}\n[1]\n`, {}, /line 3: expected a JSON object in UTF-8/],
      [`${good}{"vector":[1],"vector":[2]}\n`, {}, /line 2: expected "vector" once/],
      [`${good}{"a":"${'x'.repeat(2 ** 20)}"}\n`, {}, /line 2: expected at most 1048576 bytes/],
      [`${good}{"vector":[1,2]}\n`, {}, /row 1: expected 512 numbers, received 2/],
      [`${good}{"vector":"${base64(1)}"}\n`, {}, /row 1: expected an array of numbers or base64/],
      [`${good}{"data":${numbers(1)}}\n`, {}, /row 1: expected an array of numbers or base64/],
      [`${good}{"data":"${base64(1)}","vector":${numbers(1)}}\n`, {}, /row 1: expected one of "vector" and "data"/],
      [`${good}{"data":"${float64(1).toString('base64')}"}\n`, {}, /row 1: expected 2048 bytes/],
      [`${good}{"vector":${numbers(1)},"model":"sface"}\n`, {}, /row 1: expected a template of model "r512"/],
      [`${good}{"vector":${numbers(1)},"fingerprint":"x"}\n`, {}, /row 1: expected a template with fingerprint/]
    ]
    for (const [i, [text, choice, expected]] of cases.entries()) {
      await refused(`refused-${i}.ndjson`, text, choice, expected)
    }
  })

  test('that are no templates are left without one when told to', async () => {
    const path = join(folder, 'skipped.ndjson')
    await writeFile(path, `{"vector":${numbers(0)}}\n{"id":2,"vector":[1, 2]}\n{"id":3,"data":"x","vector":[1]}\n`)
    const { result } = await migrateFile(translating, path, {}, { onBad: 'skip' })
    assert.ok(result.kind === 'swapped')
    const { digest: _, ...counts } = result.proof
    assert.deepEqual(counts, { rows: 3, translated: 1, empty: 0, leftOut: 2, missing: 0 })
    assert.deepEqual((await readFile(path, 'utf8')).split('\n').slice(1), [
      '{"id":2,"vector":null}',
      '{"id":3,"data":null,"vector":null}',
      ''
    ])
    await withFileEnd(path, {}, async end => await end.finish())
    assert.deepEqual(await leftovers('skipped.ndjson'), [])
  })

  test('of another model, or whose length fits by chance, stop the command with 4', async () => {
    const path = join(folder, 'foreign.ndjson')
    const line = (vector: ArrayLike<number>) => `${JSON.stringify({ vector: Array.from(vector) })}\n`
    const foreign = randomRows(400, 512)
    await writeFile(path, Array.from({ length: 400 }, (_, row) => line(rowOf(foreign, row))).join(''))
    const stopped = await startCommand(['connect', path, ...pair]).ended
    assert.equal(stopped.code, 4, stopped.stderr)
    assert.match(stopped.stderr, /too many do not look like those of the source model/)
    const short = randomRows(50, 4)
    await writeFile(path, Array.from({ length: 50 }, (_, row) => line(rowOf(short, row))).join(''))
    const map = ['--from', 'example-a', '--to', 'example-b', '--map', '00000000-0000-4000-8000-0000000000a0']
    const chance = await startCommand(['connect', path, ...map]).ended
    assert.equal(chance.code, 4, chance.stderr)
    assert.match(chance.stderr, /no profile of the source model, so nothing tells/)
    assert.deepEqual(await leftovers('foreign.ndjson'), [])
  })
})

/** The files of an archive, in their order. */
async function unzipped (path: string): Promise<{ name: string, method: number, bytes: Buffer }[]> {
  const zip = await openPromise(path, { autoClose: false })
  const files = []
  for await (const entry of zip.eachEntry()) {
    const pieces = []
    for await (const piece of await zip.openReadStreamPromise(entry)) pieces.push(piece as Buffer)
    files.push({ name: entry.fileName, method: entry.compressionMethod, bytes: Buffer.concat(pieces) })
  }
  zip.close()
  return files
}

describe('arrays of NumPy', () => {
  const ids = Buffer.concat([npyHeader(1, 30), Buffer.alloc(120, 7)])
  const text = Buffer.from('what another program put there')

  for (
    const { form, more } of [
      { form: 'stored', more: {} },
      { form: 'stored with sizes of 64 bits', more: { zip64: true } },
      { form: 'compressed', more: { compressed: true } },
      { form: 'compressed with sizes of 64 bits', more: { compressed: true, zip64: true } }
    ]
  ) {
    test(`${form} keep the arrays beside the one that is translated`, async () => {
      const { migrated, proof, verified } = await migrateTwice(
        `${form}.npz`,
        zipped([
          { name: 'ids.npy', bytes: ids, ...more },
          { name: 'faces.npy', bytes: writeNpy(rows), ...more },
          { name: 'notes.txt', bytes: text }
        ]),
        { column: 'faces' }
      )
      const { digest: _, ...counts } = proof
      assert.deepEqual(counts, { rows: 30, translated: 30, empty: 0, leftOut: 0, missing: 0 })
      assert.equal(verified!.rows, 30)
      const path = join(folder, 'migrated.npz')
      await writeFile(path, migrated)
      const files = await unzipped(path)
      const method = 'compressed' in more ? 8 : 0
      assert.deepEqual(
        files.map(({ name, method }) => [name, method]),
        [['ids.npy', method], ['faces.npy', method], ['notes.txt', 0]]
      )
      assert.deepEqual([files[0]!.bytes, files[2]!.bytes], [ids, text])
      const found = readNpy(files[1]!.bytes)
      assert.deepEqual([found.rows, found.cols], [30, 128])
      assertNear(found.data, (await translating.translate(rows)).data, 'faces')
    })
  }

  test('that are not as expected are refused with what is there', async () => {
    const archive = zipped([{ name: 'a.npy', bytes: ids }, { name: 'faces.npy', bytes: writeNpy(rows) }])
    const wrong = Buffer.from(archive)
    // A number of the last row, whose checksum then is another.
    wrong[wrong.lastIndexOf(bytesOfFloat32(rowOf(rows, 29)).subarray(0, 4))]! ^= 1
    const cases: [Buffer, FileChoice, RegExp][] = [
      [archive, {}, /expected --column, the name of an array, found a, faces/],
      [archive, { column: 'b' }, /expected an array "b", found a, faces/],
      [archive, { column: 'a', id: 'faces' }, /expected no --table or --id/],
      [archive, { column: 'a' }, /row 0: expected 512 numbers, received 30/],
      [wrong, { column: 'faces' }, /faces\.npy: expected a file of NumPy's arrays, its checksum is another/],
      [archive.subarray(0, -30), { column: 'a' }, /expected a file of NumPy's arrays/],
      [
        zipped([{ name: 'a.npy', bytes: ids }, { name: 'a.npy', bytes: ids }]),
        { column: 'a' },
        /expected one array a\.npy/
      ],
      [zipped([{ name: 'x.npy', bytes: text }]), {}, /array x: \.npy: expected/],
      [zipped([{ name: 'x.txt', bytes: text }]), {}, /found none/]
    ]
    for (const [i, [bytes, choice, expected]] of cases.entries()) {
      await refused(`refused-${i}.npz`, bytes, choice, expected)
    }
  })

  const python = run('python3', ['-c', 'import numpy'])
  for (const save of ['savez', 'savez_compressed']) {
    test(`that numpy.${save} wrote are read by NumPy with the templates translated`, async t => {
      if (!await python.then(() => true, () => false)) return t.skip('needs python3 with numpy')
      const [path, matrix] = [join(folder, `${save}.npz`), join(folder, 'rows.npy')]
      await writeFile(matrix, writeNpy(rows))
      await run('python3', [
        '-c',
        `import numpy, sys
rows = numpy.load(sys.argv[1])
numpy.${save}(sys.argv[2], names=numpy.array(['Zoë', 'b']), faces=rows.astype('<f8'), n=numpy.arange(7), o=numpy.array([None, {'a': 1}], dtype=object))`,
        matrix,
        path
      ])
      const before = await digestOf(path)
      const { code, stdout, stderr } = await startCommand(['connect', path, '--column', 'faces', ...pair]).ended
      assert.equal(code, 0, stderr)
      assert.match(stdout, /rows {6}30: 30 translated, 0 without a template, 0 left out, 0 missing/)
      const { stdout: seen } = await run('python3', [
        '-c',
        `import numpy, sys
new, old = (numpy.load(path, allow_pickle=True) for path in sys.argv[1:])
assert new.files == old.files, new.files
for name in ('names', 'n', 'o'):
    assert new[name].dtype == old[name].dtype and (new[name] == old[name]).all(), name
numpy.save(sys.argv[1] + '.out.npy', new['faces'])
print(new['faces'].dtype, new['faces'].shape, list(new['names']))`,
        path,
        `${path}.replaced`
      ])
      assert.equal(
        seen,
        "float32 (30, 128) [np.str_('Zoë'), np.str_('b')]\n".replaceAll(
          /np\.str_\(('.*?')\)/g,
          seen.includes('np.str_') ? '$&' : '$1'
        )
      )
      const found = readNpy(await readFile(`${path}.out.npy`))
      assertNear(found.data, (await translating.translate(rows)).data, 'faces')
      await rm(`${path}.out.npy`)
      const undone = await startCommand(['connect', path, '--column', 'faces', '--undo']).ended
      assert.deepEqual([undone.code, await digestOf(path)], [0, before], undone.stderr)
    })
  }
})
