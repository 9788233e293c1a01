import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { rowRange, type TemplateMatrix } from '../../../src/science/linear-algebra/matrix.js'
import { projectRoot } from '../../../src/config.js'
import { fileFormat, type FileFormat } from '../../../src/features/files/file-format.js'
import { chooseMap, type ChosenMap } from '../../../src/features/files/map-choice.js'
import { migrateFile, tryMigration, type MigrationRequest } from '../../../src/features/files/migrate-file.js'
import { createTranslator, type Translator } from '../../../src/features/translations/translator/translator.js'
import { writeTemplate } from '../../../src/science/template/document.js'
import { float32FromBase64, float32FromBytes } from '../../../src/science/template/float32.js'
import { readNpy, writeNpy } from '../../../src/science/template/npy.js'
import { largestDifference } from '../../support/synthetic-pairs.js'
import { randomRows, rawBytes } from '../../support/migration-command.js'

describe('a file of templates', () => {
  const mapsDir = join(projectRoot, 'maps')
  let folder: string
  let map: ChosenMap
  let translator: Translator
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crosswalk-files-'))
    map = await chooseMap({ from: 'r512', to: 'dlib128', map: undefined, trusted: [], mapsDir })
    translator = createTranslator({ threads: 1 })
  })
  after(async () => {
    await translator.close()
    await rm(folder, { recursive: true })
  })

  const at = (name: string) => join(folder, name)
  const file = async (name: string, content: string | Buffer) => {
    await writeFile(at(name), content)
    return at(name)
  }
  const request = (input: string, output: string, options: Partial<MigrationRequest> = {}): MigrationRequest => ({
    input,
    inputFormat: fileFormat(input, undefined, '--in-format'),
    output: at(output),
    outputFormat: fileFormat(output, undefined, '--out-format'),
    map,
    index: false,
    onBad: 'stop',
    force: true,
    restart: false,
    guard: 'off',
    mapsDir,
    threads: 1,
    checkpointEvery: 0,
    ...options
  })
  const silent = { onProgress: () => {}, onForeign: () => {} }
  const migrate = async (input: string, output: string, options?: Partial<MigrationRequest>) =>
    await migrateFile(request(input, output, options), silent, new AbortController().signal)
  const document = (templates: TemplateMatrix, row: number, form: 'numbers' | 'base64') =>
    JSON.stringify(writeTemplate(map.source, rowRange(templates, row, row + 1).data, form, `person ${row}`)).replace(
      '}',
      ',"subject":9007199254740993}'
    )
  const write: Record<FileFormat, (templates: TemplateMatrix) => string | Buffer> = {
    npy: writeNpy,
    raw: rawBytes,
    ndjson: templates =>
      Array.from(
        { length: templates.rows },
        (_, row) => document(templates, row, row % 2 === 0 ? 'numbers' : 'base64') + '\n'
      ).join('\n')
  }
  const lines = (text: string) => text.split('\n').filter(line => line !== '').map(line => JSON.parse(line))
  const read: Record<FileFormat, (bytes: Buffer) => TemplateMatrix> = {
    npy: readNpy,
    raw: bytes => ({ rows: bytes.length / 512, cols: 128, data: float32FromBytes(bytes) }),
    ndjson: bytes => {
      const documents = lines(bytes.toString())
      assert.ok(
        documents.every(({ model, fingerprint }) => model === 'dlib128' && fingerprint === map.target.fingerprint)
      )
      const vectors = documents.map(({ vector, data }) =>
        vector === undefined ? float32FromBase64(data)! : Float32Array.from(vector)
      )
      return { rows: vectors.length, cols: 128, data: Float32Array.from(vectors.flatMap(vector => Array.from(vector))) }
    }
  }
  const endings: Record<FileFormat, string> = { npy: 'npy', raw: 'f32', ndjson: 'ndjson' }

  // More than a chunk of 2,048 rows, and no multiple of it.
  for (const from of ['npy', 'raw', 'ndjson'] as const) {
    for (const to of ['npy', 'raw', 'ndjson'] as const) {
      test(`from ${from} to ${to}: every row is its translation, in its place`, async () => {
        const templates = randomRows(4500, 512)
        const expected = await translator.translate(map.numbers, templates)
        const { progress } = await migrate(
          await file(`in.${endings[from]}`, write[from](templates)),
          `${from}.${endings[to]}`,
          { index: true }
        )
        assert.deepEqual([progress.rows, progress.bad], [4500, 0])
        const written = read[to](await readFile(at(`${from}.${endings[to]}`)))
        assert.ok(largestDifference(written, expected) < 1e-6)
        const index = lines(await readFile(at(`${from}.${endings[to]}.index.ndjson`), 'utf8'))
        assert.equal(index.length, 4500)
        // There is an empty line between any two.
        if (from === 'ndjson') assert.deepEqual([index[3].line, index[3].members.id], [7, 'person 3'])
        else assert.deepEqual(index[4321], { row: 4321 })
        if (to === 'ndjson') {
          const text = (await readFile(at(`${from}.${endings[to]}`), 'utf8')).split('\n')
          assert.match(text[3]!, from === 'ndjson' ? /"id":"person 3".*"subject":9007199254740993\}$/ : /^\{"id":"3",/)
        }
      })
    }
  }

  test('half and double precision elements are read as such', async () => {
    const templates = randomRows(3, 512)
    const header = (type: string) =>
      Buffer.from(writeNpy(templates).subarray(0, 128).toString('latin1').replace('<f4', type), 'latin1')
    const doubles = Buffer.concat([header('<f8'), Buffer.from(Float64Array.from(templates.data).buffer)])
    await migrate(await file('doubles.npy', doubles), 'doubles.out.npy')
    await migrate(await file('singles.npy', writeNpy(templates)), 'singles.out.npy')
    assert.deepEqual(await readFile(at('doubles.out.npy')), await readFile(at('singles.out.npy')))
    await assert.rejects(
      migrate(await file('big-endian.npy', Buffer.concat([header('>f4'), rawBytes(templates)])), 'x.npy'),
      /elements of type <f2, <f4, <f8, received '>f4'/
    )
  })

  test('a file without rows gives one without rows', async () => {
    const none = { rows: 0, cols: 512, data: new Float32Array(0) }
    for (const format of ['npy', 'raw', 'ndjson'] as const) {
      const { progress } = await migrate(
        await file(`none.${endings[format]}`, write[format](none)),
        `none.out.${endings[format]}`
      )
      assert.equal(progress.rows, 0)
    }
    assert.match((await readFile(at('none.out.npy'))).toString('latin1'), /'shape': \(0, 128\)/)
    assert.deepEqual([(await stat(at('none.out.f32'))).size, (await stat(at('none.out.ndjson'))).size], [0, 0])
    assert.ok(!(await readdir(folder)).some(name => name.endsWith('.partial')))
  })

  test('an invalid row stops it, with its number; --on-bad skip resumes from there and reports it', async () => {
    const templates = randomRows(5000, 512)
    const whole = await translator.translate(map.numbers, templates)
    templates.data[3000 * 512 + 7] = NaN
    templates.data.fill(0, 4999 * 512)
    const input = await file('bad.npy', writeNpy(templates))
    await assert.rejects(
      migrate(input, 'bad.out.npy', { index: true }),
      /bad\.npy: row 3000: expected finite .* received NaN at index 7.*--on-bad skip[^]*safe in .*bad\.out\.npy\.partial/
    )
    assert.equal(JSON.parse(await readFile(at('bad.out.npy.partial/journal.json'), 'utf8')).progress.rows, 2048)
    const { progress, resumedAt } = await migrate(input, 'bad.out.npy', { index: true, onBad: 'skip' })
    assert.deepEqual([progress.rows, progress.bad, resumedAt], [4998, 2, 2048])
    const written = readNpy(await readFile(at('bad.out.npy')))
    const index = lines(await readFile(at('bad.out.npy.index.ndjson'), 'utf8'))
    assert.deepEqual([written.rows, index[2999].row, index[3000].row], [4998, 2999, 3001])
    assert.ok(largestDifference(rowRange(written, 3000, 4998), rowRange(whole, 3001, 4999)) < 1e-6)
    assert.deepEqual(
      lines(await readFile(at('bad.out.npy.bad.ndjson'), 'utf8')).map((
        { row, reason }
      ) => [row, /NaN|norm zero/.exec(reason)?.[0]]),
      [[3000, 'NaN'], [4999, 'norm zero']]
    )
    // The next output has none, and nothing beside it that says so.
    await migrate(await file('good.npy', writeNpy(randomRows(5, 512))), 'bad.out.npy')
    assert.deepEqual((await readdir(folder)).filter(name => name.startsWith('bad.out.npy')), ['bad.out.npy'])
  })

  test('broken, foreign and overlong lines are reported by their number', async () => {
    const good = (row: number) => document(randomRows(6, 512), row, 'base64')
    const text = [
      good(0),
      '',
      '{"vector":[1,',
      good(1),
      '{"vector":[1,2]}',
      good(2).replace('r512', 'dlib128'),
      `{"note":"${'x'.repeat(2 ** 21)}"}`,
      'é',
      good(3)
    ]
    const bytes = Buffer.concat([
      Buffer.from(text.join('\n')),
      Buffer.from('\n"\xff"\n', 'latin1'),
      Buffer.from(good(4))
    ])
    const input = await file('broken.ndjson', bytes)
    const { progress } = await migrate(input, 'broken.out.ndjson', { onBad: 'skip' })
    assert.deepEqual([progress.rows, progress.bad, progress.input], [4, 6, { bytes: bytes.length, rows: 11 }])
    assert.deepEqual(
      lines(await readFile(at('broken.out.ndjson'), 'utf8')).map(({ id }) => id),
      [0, 1, 3, 4].map(row => `person ${row}`)
    )
    assert.deepEqual(lines(await readFile(at('broken.out.ndjson.bad.ndjson'), 'utf8')).map(({ line }) => line), [
      3,
      5,
      6,
      7,
      8,
      10
    ])
    await assert.rejects(migrate(input, 'broken.stopped.ndjson'), /broken\.ndjson: line 3: expected a JSON object/)
  })

  test('an input that is incomplete, or of another model, is refused before anything is written', async () => {
    const templates = randomRows(3, 512)
    await assert.rejects(
      migrate(await file('cut.f32', rawBytes(templates).subarray(4)), 'no.f32'),
      /multiple of 2048 bytes, rows of 512 float32 numbers for model "r512", received 6140/
    )
    await assert.rejects(
      migrate(await file('cut.npy', writeNpy(templates).subarray(0, -4)), 'no.npy'),
      /6144 bytes of elements .* received 6140/
    )
    await assert.rejects(
      migrate(await file('narrow.npy', writeNpy(randomRows(3, 128))), 'no.npy'),
      /expected shape \(n, 512\) for model "r512", received \(3, 128\)/
    )
    await assert.rejects(migrate(await file('none-at-all.npy', ''), 'no.npy'), /magic bytes/)
    await assert.rejects(migrate(at('absent.npy'), 'no.npy'), /absent\.npy: .*ENOENT/)
    await mkdir(at('folder.npy'))
    await assert.rejects(migrate(at('folder.npy'), 'no.npy'), /expected a regular file/)
    const itself = await file('itself.npy', writeNpy(templates))
    await assert.rejects(migrate(itself, 'itself.npy'), /--out: expected a file other than/)
    assert.deepEqual((await readdir(folder)).filter(name => name.startsWith('no.')), [])
    assert.throws(() => fileFormat('templates.csv', undefined, '--in-format'), /ending in \.npy.*or --in-format/)
    assert.throws(() => fileFormat('templates.npy', 'csv', '--in-format'), /one of npy, raw, ndjson, received "csv"/)
  })

  test('a run resumes only with the same input, map and format', async () => {
    const input = await file('changing.f32', rawBytes(randomRows(6000, 512)))
    const stop = async () => {
      const interruption = new AbortController()
      const { interrupted, progress } = await migrateFile(request(input, 'changed.f32', { restart: true }), {
        ...silent,
        onProgress: ({ rows }) => {
          if (rows > 0) interruption.abort()
        }
      }, interruption.signal)
      assert.deepEqual([interrupted, progress.rows], [true, 2048])
    }
    await stop()
    const other = await chooseMap({ from: 'r512', to: 'faceres1024', map: undefined, trusted: [], mapsDir })
    await assert.rejects(
      migrate(input, 'changed.f32', { map: other }),
      /map\.id was .* and is .*map\.sha256.*--restart starts over/
    )
    await assert.rejects(migrate(input, 'changed.f32', { index: true }), /output\.index was false and is true/)
    await utimes(input, new Date(), new Date(Date.now() + 5000))
    await assert.rejects(
      migrate(input, 'changed.f32'),
      (error: Error) => /input\.modified was/.test(error.message) && !/headSha256/.test(error.message)
    )
    await writeFile(input, rawBytes(randomRows(6000, 512, 2)))
    await assert.rejects(migrate(input, 'changed.f32'), /input\.headSha256 was/)
    await stop()
    await writeFile(at('changed.f32.partial/journal.json'), '{"version":0}')
    await assert.rejects(
      migrate(input, 'changed.f32'),
      /journal\.json: expected the journal of a migration by this version/
    )
    const { progress, resumedAt } = await migrate(input, 'changed.f32', { restart: true })
    assert.deepEqual([progress.rows, resumedAt], [6000, undefined])
    const expected = await translator.translate(map.numbers, randomRows(6000, 512, 2))
    assert.ok(largestDifference(read.raw(await readFile(at('changed.f32'))), expected) < 1e-6)
  })

  test('lines with bad ones among them: stopped after every chunk, it gives the same output as one run', async () => {
    const text = (await readFile(await file('steps.ndjson', write.ndjson(randomRows(9000, 512))), 'utf8')).split('\n')
    for (const line of [5, 4096, 17_000]) text[line] = '{"broken":'
    const input = await file('steps.ndjson', text.join('\n'))
    for (const output of ['steps.out.ndjson', 'steps.out.npy']) {
      const options = { index: true, onBad: 'skip' } as const
      await migrate(input, `whole.${output}`, options)
      let runs = 0
      for (let interrupted = true; interrupted; runs++) {
        const interruption = new AbortController()
        let begun: number | undefined
        const onProgress = ({ rows }: { rows: number }) => {
          if (rows > (begun ??= rows)) interruption.abort()
        }
        interrupted =
          (await migrateFile(request(input, output, options), { ...silent, onProgress }, interruption.signal))
            .interrupted
      }
      assert.ok(runs >= 5, `${runs} runs`)
      for (const ending of ['', '.index.ndjson', '.bad.ndjson']) {
        const [stepwise, whole] = await Promise.all([
          readFile(at(output + ending)),
          readFile(at(`whole.${output}${ending}`))
        ])
        assert.ok(stepwise.equals(whole), `${output}${ending}`)
      }
    }
  })

  test('the guard reports templates that look like those of another model, or stops the run', async () => {
    // Far from where faces lie: every number alike.
    const strangers = await file(
      'strangers.f32',
      rawBytes({ rows: 3000, cols: 512, data: randomRows(3000, 512).data.map(value => 1 + 0.1 * value) })
    )
    let told = 0
    const { progress } = await migrateFile(request(strangers, 'strangers.out.f32', { guard: 'flag' }), {
      ...silent,
      onForeign: () => {
        told++
      }
    }, new AbortController().signal)
    assert.deepEqual([told, progress.guard.checked, progress.guard.foreignChunks], [1, 100, 2])
    await assert.rejects(
      migrate(strangers, 'strangers.refused.f32', { guard: 'refuse' }),
      /expected templates of model "r512", these look like those of another\. Nothing was kept/
    )
    assert.ok(!(await readdir(folder)).some(name => name.startsWith('strangers.refused')))
  })

  test('a dry run says what would be written, and writes nothing', async () => {
    const templates = randomRows(4500, 512)
    for (const [from, to] of [['npy', 'npy'], ['npy', 'ndjson'], ['ndjson', 'raw']] as const) {
      const input = await file(`trial.${endings[from]}`, write[from](templates))
      const tried = await tryMigration(request(input, `trial.out.${endings[to]}`, { index: true }))
      assert.ok(!(await readdir(folder)).some(name => name.startsWith('trial.out')))
      await migrate(input, `trial.out.${endings[to]}`, { index: true })
      const { size } = await stat(at(`trial.out.${endings[to]}`))
      assert.ok(Math.abs(tried.bytes - size) <= (tried.exact ? 0 : 0.05 * size), `${tried.bytes} of ${size}`)
      assert.ok(Math.abs(tried.rows - 4500) <= (from === 'ndjson' ? 100 : 0), `${tried.rows}`)
      await rm(at(`trial.out.${endings[to]}`))
      await rm(at(`trial.out.${endings[to]}.index.ndjson`))
    }
  })
})
