import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { StartupError } from '../../../src/errors.js'
import { runConnect, verifySwapped, type RunOptions } from '../../../src/features/connect/connect.js'
import { openQdrantEnd, type QdrantChoice } from '../../../src/features/connect/qdrant/end.js'
import { createQdrant } from '../../../src/platform/qdrant/client.js'
import { eventually } from '../../support/eventually.js'
import { randomRows, startCommand } from '../../support/migration-command.js'
import { startQdrantDouble, type QdrantDouble } from '../../support/qdrant/qdrant-double.js'
import { events, never, options } from './file-migration.js'
import { openTranslating, realTemplates, rowOf, type Translating } from './tables.js'

const pair = ['--from', 'r512', '--to', 'dlib128']
const rows = realTemplates(40)

let translating: Translating
before(async () => {
  translating = await openTranslating(7)
})
after(() => translating.close())

let double: QdrantDouble
beforeEach(async () => {
  double = await startQdrantDouble()
})
afterEach(() => double.close())

/** Ids of both kinds, one of them beyond the integers that JavaScript has. */
const idOf = (row: number) =>
  row === 3
    ? '18446744073709551614'
    : row % 2 === 0
    ? String(row)
    : `00000000-0000-4000-8000-${String(row).padStart(12, '0')}`
const payloadOf = (row: number) =>
  `{"name":"person ${row}","number":9007199254740993${row},"deep":{"ratio":1.0,"no":null}}`
const idText = (id: string) => /^\d+$/.test(id) ? id : JSON.stringify(id)
const textOf = (vector: Float32Array | number[]) => `[${[...vector].join(',')}]`

async function send (method: string, path: string, body: string | object): Promise<void> {
  const answer = await fetch(`${double.url}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body)
  })
  assert.equal(answer.status, 200, await answer.text())
}

/** @param vectorOf JSON text of a row */
const put = async (
  collection: string,
  some: readonly number[],
  vectorOf: (row: number) => string,
  payload = payloadOf
) =>
  await send(
    'PUT',
    `/collections/${collection}/points?wait=true`,
    `{"points":[${
      some.map(row => `{"id":${idText(idOf(row))},"payload":${payload(row)},"vector":${vectorOf(row)}}`).join(',')
    }]}`
  )

const named = (row: number) =>
  row === 5
    ? '{"scene":[1,2,3]}'
    : `{"face":${textOf(rowOf(rows, row))},"scene":[${row},0.25,-3],"words":{"indices":[1,${
      row + 2
    }],"values":[0.5,2]}}`

/** A collection with everything that a new one has to have too. */
async function fillNamed (count = 40): Promise<void> {
  await send('PUT', '/collections/faces_v1', {
    vectors: {
      face: { size: 512, distance: 'Dot', hnsw_config: { m: 32 }, on_disk: true },
      scene: { size: 3, distance: 'Euclid' }
    },
    sparse_vectors: { words: { index: { on_disk: false } } },
    shard_number: 3,
    replication_factor: 2,
    hnsw_config: { ef_construct: 200 },
    optimizers_config: { indexing_threshold: 5000 },
    quantization_config: { scalar: { type: 'int8', quantile: 0.99, always_ram: true } },
    metadata: { owner: 'somebody' }
  })
  await send('PATCH', '/collections/faces_v1', { params: { read_fan_out_factor: 2 } })
  await send('PUT', '/collections/faces_v1/index?wait=true', { field_name: 'name', field_schema: 'keyword' })
  await send('PUT', '/collections/faces_v1/index?wait=true', {
    field_name: 'number',
    field_schema: { type: 'integer', lookup: true, range: false }
  })
  await send('POST', '/collections/aliases', {
    actions: [{ create_alias: { alias_name: 'faces', collection_name: 'faces_v1' } }]
  })
  if (count > 0) await put('faces_v1', [...Array(count).keys()], named)
}

const face = { alias: 'faces', vector: 'face' }
const open = async (choice: Omit<QdrantChoice, 'url'> = face) =>
  await openQdrantEnd({ url: double.url, attempts: 1, ...choice })

async function migrate (choice: Omit<QdrantChoice, 'url'> = face, more: Partial<RunOptions> = {}) {
  const migration = (await open(choice)).migration(translating.task)
  const result = await runConnect(migration, translating, { ...options, ...more }, events, never)
  return {
    result,
    verified: result.kind === 'swapped' ? await verifySwapped(migration, translating, 1000) : undefined
  }
}

const refused = async (work: () => Promise<unknown>, expected: RegExp) =>
  await assert.rejects(
    work,
    (error: Error) => error instanceof StartupError && expected.test(error.message),
    String(expected)
  )

const pointsOf = (collection: string) => double.collections.get(collection)!.points

async function assertTranslated (collection: string, vector: string, some: readonly number[], source = rows) {
  const expected = await translating.translate(source)
  for (const row of some) {
    const found = pointsOf(collection).get(idOf(row))?.vectors.get(vector)
    assert.ok(found instanceof Float32Array, `row ${row}`)
    const off = Math.max(...found.map((value, i) => Math.abs(value - rowOf(expected, row)[i]!)))
    assert.ok(found.length === 128 && off < 1e-5, `row ${row} differs by ${off}`)
  }
}

describe('by the contract of Qdrant, a collection with several vectors', () => {
  test('is made anew with its payloads, ids, settings and indexes, and the alias leads to it', async () => {
    await fillNamed()
    const before = new Map(pointsOf('faces_v1'))
    double.collections.get('faces_v1')!.statuses.push('yellow')
    const { result, verified } = await migrate()
    assert.ok(result.kind === 'swapped', result.kind)
    const { digest, ...counts } = result.proof
    assert.deepEqual(counts, { rows: 40, translated: 39, empty: 1, leftOut: 0, missing: 0 })
    assert.match(digest, /^[0-9a-f]{16}$/)
    assert.deepEqual([verified!.rows, verified!.leastCosine > 0.999999], [39, true])
    assert.equal(double.aliases.get('faces'), 'faces_dlib128')

    const [old, now] = ['faces_v1', 'faces_dlib128'].map(name => double.collections.get(name)!) as [
      NonNullable<ReturnType<typeof double.collections.get>>,
      NonNullable<ReturnType<typeof double.collections.get>>
    ]
    const { vectors } = old.config.params
    assert.deepEqual(now.config, {
      ...old.config,
      params: { ...old.config.params, vectors: { ...vectors, face: { ...vectors.face as object, size: 128 } } }
    })
    assert.deepEqual(now.indexes, old.indexes)
    assert.equal(old.points.size, 40)
    assert.deepEqual([...now.points.keys()].toSorted(), [...before.keys()].toSorted())
    for (const [id, { payload, vectors: kept }] of before) {
      const found = now.points.get(id)!
      assert.equal(found.payload, payload)
      for (const name of ['scene', 'words']) assert.deepEqual(found.vectors.get(name), kept.get(name), `${id} ${name}`)
    }
    await assertTranslated('faces_dlib128', 'face', [...Array(40).keys()].filter(row => row !== 5))

    const again = await migrate()
    assert.equal(again.result.kind, 'already')
    await (await open()).undo(false)
    assert.deepEqual([...double.collections.keys()], ['faces_v1'])
    assert.deepEqual([...double.aliases], [['faces', 'faces_v1']])
    assert.deepEqual(pointsOf('faces_v1'), before)
  })

  test('drops what was before when told to, and not what another alias needs', async () => {
    await fillNamed()
    await refused(async () => await (await open()).finish(), /expected a run that has swapped, found none/)
    await refused(async () => await (await open()).undo(false), /expected a run to undo, found none of faces\.face/)
    await migrate()
    await send('POST', '/collections/aliases', {
      actions: [{ create_alias: { alias_name: 'old', collection_name: 'faces_v1' } }]
    })
    await refused(
      async () => await (await open()).finish(),
      /faces_v1: expected no other alias to lead to it, found old/
    )
    await send('POST', '/collections/aliases', { actions: [{ delete_alias: { alias_name: 'old' } }] })
    await (await open()).finish()
    assert.deepEqual([...double.collections.keys()], ['faces_dlib128'])
    assert.deepEqual([...double.aliases], [['faces', 'faces_dlib128']])
  })

  test('keeps points that are no templates without one when told to', async () => {
    await fillNamed(9)
    await put('faces_v1', [4], () => `{"face":${textOf(new Float32Array(512))},"scene":[1,1,1]}`)
    await refused(async () => await migrate(), /row 4: .*norm zero\. --on-bad skip/)
    const { result } = await migrate(face, { onBad: 'skip' })
    assert.ok(result.kind === 'swapped')
    const { digest: _, ...counts } = result.proof
    assert.deepEqual(counts, { rows: 9, translated: 7, empty: 1, leftOut: 1, missing: 0 })
    assert.deepEqual([...pointsOf('faces_dlib128').get('4')!.vectors.keys()], ['scene'])
  })

  test('goes back although points have come since only when told to', async () => {
    await fillNamed(9)
    await migrate()
    await put('faces', [2], () => `{"face":${textOf(new Float32Array(128).fill(0.5))}}`)
    await refused(async () => await (await open()).undo(false), /have come, changed or gone since the swap\. --force/)
    await (await open()).undo(true)
    assert.equal(double.aliases.get('faces'), 'faces_v1')
  })
})

describe('by the contract of Qdrant, a collection with one vector without a name', () => {
  const choice = { alias: 'faces', vector: '' }
  const fill = async () => {
    await send('PUT', '/collections/faces_v1', { vectors: { size: 512, distance: 'Cosine' } })
    await send('POST', '/collections/aliases', {
      actions: [{ create_alias: { alias_name: 'faces', collection_name: 'faces_v1' } }]
    })
    await put('faces_v1', [...Array(40).keys()], row => textOf(rowOf(rows, row)))
  }

  test('is translated from what Qdrant keeps, templates of norm 1', async () => {
    await fill()
    const { result, verified } = await migrate(choice)
    assert.ok(result.kind === 'swapped')
    assert.deepEqual([result.proof.translated, verified!.leastCosine > 0.999999], [40, true])
    await assertTranslated('faces_dlib128', '', [...Array(40).keys()])
    assert.deepEqual(double.collections.get('faces_dlib128')!.config.params.vectors, { size: 128, distance: 'Cosine' })
  })

  test('does not lose a vector that is no template', async () => {
    await fill()
    await put('faces_v1', [4], () => textOf(new Float32Array(512)))
    await refused(
      async () => await migrate(choice, { onBad: 'skip' }),
      /1 points have a vector that cannot be translated/
    )
    assert.equal(double.aliases.get('faces'), 'faces_v1')
  })
})

describe('by the contract of Qdrant, points that are written during a run', () => {
  const other = realTemplates(40, 2)

  test('are in the new collection as they are at the end', async () => {
    await fillNamed()
    let writes = 0
    double.onRequest = async (operation, path) => {
      if (operation !== 'PUT /collections/{collection_name}/points' || !path.includes('dlib128') || ++writes !== 4) {
        return
      }
      await put('faces_v1', [0], row => `{"face":${textOf(rowOf(other, row))}}`)
      await put('faces_v1', [2], named, () => '{"name":"another"}')
      await put('faces_v1', [4], row => `{"face":${textOf(rowOf(rows, row))},"scene":[9,9,9]}`)
      pointsOf('faces_v1').delete('6')
      pointsOf('faces_v1').delete(idOf(39))
      await put('faces_v1', [50, 51], () => `{"face":${textOf(rowOf(other, 7))}}`)
    }
    const { result } = await migrate()
    assert.ok(result.kind === 'swapped')
    const { digest: _, ...counts } = result.proof
    assert.deepEqual(counts, { rows: 40, translated: 39, empty: 1, leftOut: 0, missing: 0 })
    await assertTranslated('faces_dlib128', 'face', [0], other)
    const now = pointsOf('faces_dlib128')
    assert.deepEqual([now.get('2')!.payload, now.has('6'), now.has(idOf(39)), now.has('50')], [
      '{"name":"another"}',
      false,
      false,
      true
    ])
    assert.deepEqual([...now.get('4')!.vectors.get('scene')!], [9, 9, 9])
  })

  test('all the time keep it from swapping', async () => {
    await fillNamed(9)
    let writes = 0
    double.onRequest = async (operation, path) => {
      if (operation !== 'POST /collections/{collection_name}/points/scroll' || !path.includes('faces_v1')) return
      await put('faces_v1', [0], () => `{"face":${textOf(rowOf(other, ++writes % 30))}}`)
    }
    await refused(async () => await migrate(), /expected points to stay as they are before the swap.*Stop what writes/)
    assert.equal(double.aliases.get('faces'), 'faces_v1')
    double.onRequest = () => {}
    assert.equal((await migrate()).result.kind, 'swapped')
  })

  test('while the alias changes are told, again and again, until it is undone', async () => {
    await fillNamed(9)
    double.onRequest = async operation => {
      if (operation !== 'POST /collections/aliases') return
      double.onRequest = () => {}
      await put('faces_v1', [0], () => `{"face":${textOf(rowOf(other, 3))}}`)
    }
    const told = /faces_v1 was written while the alias changed to faces_dlib128.*\(points 0\)/
    await refused(async () => await migrate(), told)
    await refused(async () => await migrate(), /faces_v1 was written while the alias changed/)
    await (await open()).undo(true)
    assert.equal((await migrate()).result.kind, 'swapped')
  })
})

describe('by the contract of Qdrant, a run that ends early', () => {
  const killedAt = async (operation: string, isMeant: () => boolean) => {
    double.onRequest = now => {
      if (now === operation && isMeant()) {
        double.onRequest = () => {
          throw new Error('killed')
        }
        double.onRequest(now, '')
      }
    }
    await assert.rejects(migrate(), /killed/)
    double.onRequest = () => {}
  }

  test('goes on behind the last page', async () => {
    await fillNamed()
    let pages = 0
    await killedAt('PUT /collections/{collection_name}/points', () => ++pages === 6)
    const begun = JSON.parse([...pointsOf('crosswalk_connect').values()][0]!.payload) as { rows: number }
    assert.ok(begun.rows > 0 && begun.rows < 40, String(begun.rows))
    const said: string[] = []
    const result = await runConnect((await open()).migration(translating.task), translating, options, {
      ...events,
      say: line => said.push(line)
    }, never)
    assert.ok(result.kind === 'swapped')
    assert.deepEqual([result.proof.translated, said[0]], [39, `resumed after ${begun.rows} rows`])
    await assertTranslated('faces_dlib128', 'face', [0, 1, 2, 38, 39])
  })

  test('before the new collection is there makes it', async () => {
    await fillNamed(9)
    await killedAt('PUT /collections/{collection_name}/index', () => true)
    assert.equal((await migrate()).result.kind, 'swapped')
    assert.equal(double.collections.get('faces_dlib128')!.indexes.size, 2)
  })

  test('behind the change of the alias is swapped once', async () => {
    await fillNamed(9)
    let isSwapped = false
    double.onRequest = operation => {
      if (operation === 'POST /collections/aliases') isSwapped = true
      else if (isSwapped) throw new Error('killed')
    }
    await assert.rejects(migrate(), /killed/)
    double.onRequest = () => {}
    assert.equal(double.aliases.get('faces'), 'faces_dlib128')
    assert.equal((await migrate()).result.kind, 'already')
    await (await open()).undo(false)
    assert.deepEqual([...double.collections.keys()], ['faces_v1'])
  })

  test('is given up in any state, and an undo that was killed goes on', async () => {
    await fillNamed(9)
    await migrate(face, { stopBeforeSwap: true })
    await (await open()).undo(false)
    assert.deepEqual([...double.collections.keys()], ['faces_v1'])
    await migrate()
    double.onRequest = operation => {
      if (operation === 'DELETE /collections/{collection_name}') throw new Error('killed')
    }
    await assert.rejects(async () => await (await open()).undo(false), /killed/)
    double.onRequest = () => {}
    await refused(async () => await migrate(), /expected it to lead to faces_dlib128; --undo goes on/)
    await (await open()).undo(false)
    assert.deepEqual([...double.collections.keys()], ['faces_v1'])
  })

  test('is taken over by the one that begins behind it', async () => {
    await fillNamed(20)
    const first = (await open()).migration(translating.task)
    await first.prepare()
    const page = (await first.scan(undefined))!
    const batch = { ...page, templates: await translating.translate(page.templates) }
    const second = (await open()).migration(translating.task)
    await second.progress()
    await refused(async () => await first.write(batch, Promise.resolve()), /expected no other run, found one/)
    await refused(
      async () => await (await open()).migration({ ...translating.task, map: 'another' }).progress(),
      /but map was .* --undo gives that run up/
    )
  })
})

describe('by the contract of Qdrant, what it is not made for', () => {
  test('is refused with the reason', async () => {
    await refused(async () => await open(), /expected an alias faces, found none/)
    await send('PUT', '/collections/faces_v1', {
      vectors: {
        face: { size: 512, distance: 'Dot' },
        bytes: { size: 512, distance: 'Dot', datatype: 'uint8' },
        many: { size: 512, distance: 'Dot', multivector_config: { comparator: 'max_sim' } }
      }
    })
    await refused(async () => await open({ alias: 'faces_v1', vector: 'face' }), /found a collection\. Make one/)
    await send('POST', '/collections/aliases', {
      actions: [{ create_alias: { alias_name: 'faces', collection_name: 'faces_v1' } }]
    })
    await refused(async () => await open({ alias: 'faces_v1', vector: 'face' }), /found a collection, which has faces/)
    await refused(async () => await open({ alias: 'faces', vector: '' }), /--vector, one of face, bytes, many/)
    await refused(
      async () => await open({ alias: 'faces', vector: 'bytes' }),
      /expected vectors of float32 or float16, found uint8/
    )
    await refused(async () => await open({ alias: 'faces', vector: 'many' }), /expected one vector per point/)
    const { params } = double.collections.get('faces_v1')!.config
    params.sharding_method = 'custom'
    await refused(async () => await open(), /expected shards that Qdrant chooses/)
    delete params.sharding_method
    await send('PUT', '/collections/faces_dlib128', { vectors: { size: 1, distance: 'Dot' } })
    await refused(async () => await migrate(), /faces_dlib128: expected no such collection/)
    double.version = '1.20.1'
    await refused(async () => await open(), /expected Qdrant 1\.12 to 1\.19, found 1\.20\.1/)
    double.version = '1.9.7'
    await refused(async () => await open(), /found 1\.9\.7/)
    assert.deepEqual([...double.collections.keys()], ['faces_v1', 'faces_dlib128'])
  })
})

describe('by the contract of Qdrant, requests', () => {
  test('are sent again where that may help, no sooner than asked, and carry the key', async () => {
    const qdrant = createQdrant({ url: `${double.url}/`, apiKey: 'a-key' })
    double.faults.push({ status: 429, headers: { 'retry-after': '0' } }, { status: 503 })
    assert.equal(await qdrant.requireKnownVersion(), '1.19.0')
    assert.deepEqual(double.requests.map(({ operation, key }) => [operation, key]), Array(3).fill(['GET /', 'a-key']))
    double.faults.push({ status: 400 })
    await refused(async () => await qdrant.call('GET', '/aliases'), /GET \/aliases, received 400: injected$/)
    double.faults.push({ status: 403 })
    await refused(
      async () => await qdrant.call('GET', '/aliases'),
      /403: injected\. Its key is taken from QDRANT_API_KEY/
    )
    double.faults.push({ status: 404 })
    assert.equal(await qdrant.find('/aliases'), undefined)
    const once = createQdrant({ url: double.url, attempts: 1 })
    double.faults.push({ status: 429 })
    await refused(async () => await once.call('GET', '/aliases'), /received 429/)
  })

  test('that Qdrant has taken and not carried out are sent again', async () => {
    await fillNamed(9)
    const text = JSON.stringify({ result: { operation_id: 7, status: 'acknowledged' }, status: 'ok', time: 0 })
    double.faults.push({ operation: 'PUT /collections/{collection_name}/points', status: 200, text })
    assert.equal((await migrate()).result.kind, 'swapped')
    assert.deepEqual([double.faults.length, pointsOf('faces_dlib128').size], [0, 9])
  })

  test('that nobody answers, or something else, end with what was expected', async () => {
    const server = createServer((request, response) => {
      if (request.url === '/aliases') response.writeHead(302, { location: `${double.url}/aliases` }).end()
      else if (request.url !== '/slow') response.end('<html>')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const qdrant = createQdrant({ url, attempts: 1, patience: 300 })
    await refused(async () => await qdrant.requireKnownVersion(), /expected a Qdrant, received something else/)
    await refused(
      async () => await qdrant.call('GET', '/other'),
      /expected an answer of Qdrant, received something else/
    )
    await refused(async () => await qdrant.call('GET', '/aliases'), /expected Qdrant to answer, received/)
    await refused(async () => await qdrant.call('GET', '/slow'), /expected Qdrant to answer, received .*timeout/)
    server.closeAllConnections()
    server.close()
    assert.deepEqual(double.requests, [])
    await refused(async () => await open({ ...face, ...{ url: 'http://user:secret@127.0.0.1' } }), /without a password/)
  })
})

describe('by the contract of Qdrant, the command', () => {
  const address = () => `${double.url}/collections/faces`
  const connect = (...args: string[]) => startCommand(['connect', address(), ...args], { QDRANT_API_KEY: 'the-key' })

  test('goes on after kills to every point once, and says what it did', async () => {
    await fillNamed(0)
    const many = realTemplates(3000)
    for (let from = 0; from < 3000; from += 500) {
      await put(
        'faces_v1',
        Array.from({ length: 500 }, (_, i) => from + i),
        row => `{"face":${textOf(rowOf(many, row))}}`
      )
    }
    const shown = await connect('--vector', 'face', ...pair, '--dry-run').ended
    assert.equal(shown.code, 0, shown.stderr)
    assert.match(
      shown.stdout,
      /alias {5}faces, of the collection faces_v1, 3,000 points\nvector {4}face: Dot, 512 numbers become 128/
    )
    assert.deepEqual([...double.collections.keys()], ['faces_v1'])
    for (let kill = 0; kill < 2; kill++) {
      const before = double.collections.get('faces_dlib128')?.points.size ?? 0
      const { child, ended } = connect('--vector', 'face', ...pair)
      await eventually(
        'a page more',
        () =>
          (double.collections.get('faces_dlib128')?.points.size ?? 0) > before || child.exitCode !== null
            ? true
            : undefined
      )
      child.kill('SIGKILL')
      await ended
    }
    const { code, stdout, stderr } = await connect('--vector', 'face', ...pair).ended
    assert.equal(code, 0, stderr)
    assert.match(
      stdout,
      /^swapped {3}faces\.face\nrows {6}3,000: 3,000 translated, 0 without a template, 0 left out, 0 missing/
    )
    assert.match(stdout, /verified {2}1,000 rows translated again, least cosine (1\.0|0\.99999)/)
    assert.ok(double.requests.slice(-20).every(({ key }) => key === 'the-key'))
    assert.equal(pointsOf('faces_dlib128').size, 3000)
    await assertTranslated('faces_dlib128', 'face', [0, 999, 1500, 2999], many)
    const finished = await connect('--vector', 'face', '--finish').ended
    assert.equal(finished.code, 0, finished.stderr)
    assert.deepEqual([...double.collections.keys()], ['faces_dlib128'])
  })

  test('stops with 4 at templates of another model, and with 2 at arguments that do not fit', async () => {
    await fillNamed(0)
    const foreign = randomRows(400, 512)
    await put('faces_v1', [...Array(400).keys()], row => `{"face":${textOf(rowOf(foreign, row))}}`)
    const stopped = await connect('--vector', 'face', ...pair).ended
    assert.equal(stopped.code, 4, stopped.stderr)
    assert.match(stopped.stderr, /too many do not look like those of the source model/)
    assert.deepEqual([...double.collections.keys()], ['faces_v1'])
    const cases: [string[], RegExp][] = [
      [[address(), '--column', 'face', ...pair], /expected --vector alone/],
      [[double.url, ...pair], /expected an address of Qdrant such as/],
      [
        ['postgres://localhost/faces', '--vector', 'face', ...pair],
        /--vector: expected with the address of a collection/
      ],
      [['samples/templates.npy', '--vector', 'face', ...pair], /--vector: expected with the address of a collection/]
    ]
    for (const [args, expected] of cases) {
      const { code, stderr } = await startCommand(['connect', ...args]).ended
      assert.deepEqual([code, expected.test(stderr)], [2, true], stderr)
    }
  })
})
