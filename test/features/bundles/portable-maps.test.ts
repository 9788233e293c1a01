import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { programOf } from '../../../bench/processes.js'
import { projectRoot } from '../../../src/config.js'
import { rewriteModel } from '../../../src/engines/onnx/model-rewriter.js'
import { createEngineProducts } from '../../../src/engines/onnx/products.js'
import { openGraph } from '../../../src/engines/onnx/runtime.js'
import { readProfiles } from '../../../src/features/guard/profile-files.js'
import { readMapFolder, type MapInFolder } from '../../../src/features/maps/map-files.js'
import type { TemplateMatrix } from '../../../src/science/linear-algebra/matrix.js'
import { readNpy, writeNpy } from '../../../src/science/template/npy.js'
import { gaussianTemplates, largestDifference } from '../../support/synthetic-pairs.js'
import { call, startService, type Json, type RunningService } from '../../support/service.js'

const tolerance = 1e-6

describe('maps for other runtimes', () => {
  let folder: string
  let running: RunningService
  let maps: MapInFolder[]
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crosswalk-portable-'))
    running = await startService({ config: { signingKeyFile: join(folder, 'signing-key.pem') } })
    const active: Json[] = (await call(running.url, 'GET', '/v1/maps?state=active&limit=100')).json.maps
    maps = (await readMapFolder(join(projectRoot, 'maps'))).filter(({ id }) => active.some(map => map.id === id))
    assert.equal(maps.length, 7)
  })
  after(async () => {
    await running.stop()
    await rm(folder, { recursive: true })
  })

  const download = async (path: string) => {
    const { status, bytes, json } = await call(running.url, 'GET', path)
    assert.equal(status, 200, JSON.stringify(json))
    return bytes
  }
  const crosswalk = async (args: string[], env: Record<string, string> = {}) =>
    await new Promise<{ code: number, stdout: string, stderr: string }>(resolve => {
      execFile(
        process.execPath,
        [...programOf('src/cli'), ...args],
        { cwd: folder, env: { ...process.env, CROSSWALK_URL: running.url, ...env } },
        (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
      )
    })

  /** Unit rows, and the same direction at scales whose squares overflow and underflow. */
  const templatesOf = (dimension: number) => {
    const templates = gaussianTemplates(24, dimension, dimension)
    for (const [row, scale] of [[20, 1e-30], [21, 1e25], [22, 1e-6], [23, 100]] as const) {
      for (let j = 0; j < dimension; j++) templates.data[row * dimension + j]! *= scale
    }
    return templates
  }
  const rowsOf = ({ cols, data }: TemplateMatrix) =>
    Array.from({ length: data.length / cols }, (_, row) => [...data.subarray(row * cols, (row + 1) * cols)])

  async function run (bytes: Buffer, templates: TemplateMatrix): Promise<TemplateMatrix> {
    const graph = await openGraph(bytes)
    const { data, dims } = Object.values(
      await graph.run({ templates: { data: templates.data, dims: [templates.rows, templates.cols] } })
    )[0]!
    await graph.release()
    return { rows: dims[0]!, cols: dims[1]!, data: data as Float32Array }
  }

  test('every shipped map translates as the API does, by standard operators', async t => {
    let largest = 0
    for (const { id, source, target } of maps) {
      const templates = templatesOf(source.dimension)
      const bytes = await download(`/v1/maps/${id}/onnx`)
      const translated = await run(bytes, templates)
      const { status, json } = await call(running.url, 'POST', '/v1/translations', {
        json: { target: target.model, templates: rowsOf(templates).map(vector => ({ model: source.model, vector })) }
      })
      assert.equal(status, 200, JSON.stringify(json))
      const api = { ...translated, data: Float32Array.from(json.templates.flatMap((one: Json) => one.vector)) }
      largest = Math.max(largest, largestDifference(api, translated))
      assert.ok(largest < tolerance, `${source.model} to ${target.model}: ${largest}`)
      const operators = new Set<string>()
      rewriteModel(bytes, ({ nodes, operatorSet }) => {
        assert.equal(operatorSet, 17)
        for (const { op } of nodes) operators.add(op)
        return { nodes: new Map(), constants: [] }
      })
      assert.deepEqual([...operators].sort(), ['Abs', 'Div', 'Gemm', 'ReduceL2', 'ReduceMax'])
    }
    t.diagnostic(`largest difference ${largest.toPrecision(2)}`)
  })

  test('both sides score as the API does', async () => {
    let compared = 0
    for (const { id, source, target } of maps) {
      const [probes, references] = [templatesOf(source.dimension), templatesOf(target.dimension)]
      const { status, json } = await call(running.url, 'POST', '/v1/comparisons', {
        json: {
          probes: rowsOf(probes).map(vector => ({ model: source.model, vector })),
          references: rowsOf(references).map(vector => ({ model: target.model, vector }))
        }
      })
      assert.equal(status, 200, JSON.stringify(json))
      // The service compares by the better of the two maps there and back.
      if (json.map.id !== id) continue
      compared++
      const [a, b] = [
        await run(await download(`/v1/maps/${id}/onnx?part=source`), probes),
        await run(await download(`/v1/maps/${id}/onnx?part=target`), references)
      ]
      const scores = await createEngineProducts().multiply(a, b, { transposeB: true })
      const api = { ...scores, data: Float32Array.from(json.scores.flat()) }
      assert.ok(largestDifference(api, scores) < tolerance, `${source.model} to ${target.model}`)
    }
    assert.ok(compared >= 3)
  })

  test('metadata say what a file is, and have the thresholds of the card', async () => {
    const { id, source, target, card } = maps.find(map => map.source.model === 'dlib128')!
    const bytes = await download(`/v1/maps/${id}/onnx?part=source`)
    const safetensors = await download(`/v1/maps/${id}/safetensors`)
    const header: Json = JSON.parse(safetensors.toString('utf8', 8, 8 + Number(safetensors.readBigUInt64LE())))
    const { map, source: from, target: to, thresholds } = header['__metadata__']
    assert.deepEqual([map, from, to], [
      id,
      `${source.model} ${source.fingerprint}`,
      `${target.model} ${target.fingerprint}`
    ])
    const expected = card.comparison!.calibration.grid.find(({ fmr }) => Math.abs(fmr - 1e-3) < 1e-9)!.threshold
    assert.equal(JSON.parse(thresholds)['0.001'], expected)
    for (const text of [id, source.fingerprint, target.fingerprint, thresholds]) assert.ok(bytes.includes(text))
  })

  test('the documented Python reads the tensors and translates as the API does', async t => {
    const python = await promisify(execFile)('python3', ['-c', 'import numpy']).catch(() => undefined)
    if (python === undefined) return t.skip('needs python3 with numpy')
    const { id, source, target } = maps.find(map => map.target.model === 'dlib128')!
    const templates = gaussianTemplates(24, source.dimension, 3)
    await writeFile(join(folder, 'map.safetensors'), await download(`/v1/maps/${id}/safetensors`))
    await writeFile(join(folder, 'templates.npy'), writeNpy(templates))
    const page = await readFile(join(projectRoot, 'docs', 'other-runtimes.md'), 'utf8')
    const snippet = [...page.matchAll(/```python\n(.*?)```/gs)].map(([, code]) => code!).find(code =>
      code.includes('safetensors')
    )!
    await promisify(execFile)('python3', ['-c', snippet], { cwd: folder })
    const { json } = await call(running.url, 'POST', '/v1/translations', {
      json: { target: target.model, templates: rowsOf(templates).map(vector => ({ model: source.model, vector })) }
    })
    const translated = readNpy(await readFile(join(folder, 'translated.npy')))
    const api = { ...translated, data: Float32Array.from(json.templates.flatMap((one: Json) => one.vector)) }
    assert.ok(largestDifference(api, translated) < tolerance)
  })

  test('a file comes with a signature that this and other tools check', async () => {
    const [{ id }] = maps as [MapInFolder, ...MapInFolder[]]
    const key = await crosswalk(['bundle-key', 'show', 'signing-key.pem'])
    await writeFile(join(folder, 'site.pem'), key.stdout)
    for (const more of [['onnx', '--part', 'target'], ['safetensors']]) {
      const file = join(folder, `signed.${more[0]}`)
      const exported = await crosswalk(['export', id, '--as', ...more, '--out', file])
      assert.deepEqual([exported.code, exported.stdout], [0, `${file}\n${file}.sig\n`], exported.stderr)
      const verified = await crosswalk(['verify-bundle', file, '--trusted', 'site.pem'])
      assert.deepEqual(
        [verified.code, /^signed {3}by [0-9a-f]{64}$/m.test(verified.stdout)],
        [0, true],
        verified.stderr
      )
      await promisify(execFile)('openssl', [
        ...['pkeyutl', '-verify', '-pubin', '-inkey', join(folder, 'site.pem'), '-rawin'],
        ...['-in', file, '-sigfile', `${file}.sig`]
      ])
      const bytes = await readFile(file)
      bytes[bytes.length - 1]! ^= 1
      await writeFile(file, bytes)
      const refused = await crosswalk(['verify-bundle', file, '--trusted', 'site.pem'])
      assert.equal(refused.code, 1)
      assert.match(refused.stderr, /expected the signature of a trusted key/)
    }
    const wrong = await crosswalk(['export', id, '--as', 'onxx'])
    assert.deepEqual([wrong.code, /did you mean onnx\?/.test(wrong.stderr)], [2, true])
  })

  describe('a registry', () => {
    let registry: string
    let mapsDir: string
    const add = async (where: string, ...args: string[]) =>
      await crosswalk(['map', 'add', where, '--trusted', 'registry.pem', ...args], { MAPS_DIR: mapsDir })
    before(async () => {
      registry = join(folder, 'registry')
      mapsDir = join(folder, 'maps')
      await mkdir(registry)
      await mkdir(mapsDir)
      const key = await crosswalk(['bundle-key', 'show', 'signing-key.pem'])
      await writeFile(join(folder, 'registry.pem'), key.stdout)
      for (const { id, source, target } of maps.slice(0, 2)) {
        await writeFile(
          join(registry, `${source.model}-to-${target.model}.crosswalk`),
          await download(`/v1/maps/${id}/bundle`)
        )
      }
      const indexed = await crosswalk(['map', 'index', registry, '--trusted', 'registry.pem'])
      assert.deepEqual(
        [indexed.code, indexed.stdout],
        [0, `2 maps in ${join(registry, 'index.json')}\n`],
        indexed.stderr
      )
    })

    test('gives a map from a folder, once, for commands and services to read', async () => {
      const { id, source, target } = maps[0]!
      const several = await add(registry)
      assert.equal(several.code, 1)
      assert.match(several.stderr, /expected one such map, found 2/)
      const tried = await add(registry, '--map', id, '--dry-run')
      assert.deepEqual([tried.code, await readdir(mapsDir)], [0, []], tried.stderr)
      const added = await add(registry, '--source', source.model, '--target', target.model)
      assert.equal(added.code, 0, added.stderr)
      const [read] = await readMapFolder(mapsDir)
      assert.deepEqual([read!.id, read!.card, read!.numbers], [id, maps[0]!.card, maps[0]!.numbers])
      const profiled = (await readProfiles(mapsDir)).map(({ space }) => space.model)
      assert.deepEqual(profiled, [source.model, target.model].sort())
      const again = await add(registry, '--map', id)
      assert.deepEqual([again.code, /has it already/.test(again.stdout)], [0, true])
    })

    test('gives a map from a site, into a running service', async () => {
      const { id } = maps[1]!
      const site = createServer((request, response) => {
        readFile(join(registry, request.url!.replace('/maps/', ''))).then(bytes => response.end(bytes), () => {
          response.statusCode = 404
          response.end()
        })
      }).listen(0, '127.0.0.1')
      await once(site, 'listening')
      try {
        const address = `http://127.0.0.1:${(site.address() as AddressInfo).port}/maps`
        const added = await add(address, '--map', id, '--import')
        assert.equal(added.code, 0, added.stderr)
        assert.match(added.stdout, new RegExp(id))
        const missing = await add(`${address}/index.json/no`, '--map', id)
        assert.deepEqual([missing.code, /HTTP 404/.test(missing.stderr)], [1, true], missing.stderr)
      } finally {
        site.close()
      }
    })

    test('is refused where bytes, digest or signature are not those expected', async () => {
      const [first, second] = (await readdir(registry)).filter(name => name.endsWith('.crosswalk')).sort() as [
        string,
        string
      ]
      const index: Json = JSON.parse(await readFile(join(registry, 'index.json'), 'utf8'))
      const { id, sha256 } = index.maps.find((map: Json) => map.file === first)
      const refused = async (expected: number, message: RegExp, ...args: string[]) => {
        const { code, stderr } = await crosswalk(args, { MAPS_DIR: mapsDir })
        assert.match(stderr, message)
        assert.equal(code, expected)
      }
      const other = sha256.replace(/^./, (digit: string) => digit === '0' ? '1' : '0')
      const trusted = ['--trusted', 'registry.pem']
      await refused(1, /--sha256: expected/, 'map', 'add', registry, '--map', id, '--sha256', other, ...trusted)
      await refused(2, /--sha256: expected 64/, 'map', 'add', registry, '--map', id, '--sha256', 'x', ...trusted)
      await refused(2, /--trusted/, 'map', 'add', registry, '--map', id)
      await refused(2, /expected list, add, index/, 'map', 'ad')
      await crosswalk(['bundle-key', 'create', 'stranger-private.pem'])
      const stranger = await crosswalk(['bundle-key', 'show', 'stranger-private.pem'])
      await writeFile(join(folder, 'stranger.pem'), stranger.stdout)
      await refused(1, /trusted key/, 'map', 'add', registry, '--map', id, '--trusted', 'stranger.pem')
      const bad = join(folder, 'bad-registry')
      await mkdir(bad)
      await refused(1, /ENOENT/, 'map', 'add', bad, ...trusted)
      await writeFile(join(bad, 'index.json'), JSON.stringify({ ...index, version: 2 }))
      await refused(1, /expected an index\.json/, 'map', 'add', bad, '--map', id, ...trusted)
      const outside = index.maps.map((map: Json) => ({ ...map, file: `../registry/${map.file}` }))
      await writeFile(join(bad, 'index.json'), JSON.stringify({ ...index, maps: outside }))
      await refused(1, /expected an index\.json/, 'map', 'add', bad, '--map', id, ...trusted)
      // The bundle of another map, under the name of this one: signed, but not what the list pins.
      await writeFile(join(bad, 'index.json'), JSON.stringify(index))
      await copyFile(join(registry, second), join(bad, first))
      await refused(1, /expected SHA-256/, 'map', 'add', bad, '--map', id, ...trusted)
    })
  })
})
