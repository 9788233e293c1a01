import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { projectRoot } from '../../src/config.js'
import { examples } from '../../src/platform/http/documented-examples.js'
import { startCheckingProxy } from '../smoke/proxy.mjs'
import { startService, type RunningService } from '../support/service.js'

const run = promisify(execFile)
const client = join(projectRoot, 'clients', 'python')
const missing = await run('python3', ['-c', 'import numpy, requests']).then(
  () => false as const,
  () => 'python3 with numpy and requests is not here (Debian: python3-numpy python3-requests)'
)

describe('the client for Python', { skip: missing }, () => {
  let running: RunningService
  let proxy: Awaited<ReturnType<typeof startCheckingProxy>>
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crosswalk-python-'))
    running = await startService({ kind: 'embedded' })
    proxy = await startCheckingProxy(running.url)
  })
  after(async () => {
    await proxy.close()
    await running.stop()
    await rm(folder, { recursive: true })
  })

  /** Runs a script that has `crosswalk`, a client of the service. @returns what it prints */
  async function python (script: string, url = proxy.url): Promise<string> {
    const file = join(folder, 'script.py')
    await writeFile(file, script)
    const { stdout } = await run('python3', ['-W', 'error', '-B', file], {
      env: { ...process.env, PYTHONPATH: client, CROSSWALK_URL: url, CROSSWALK_KEY: '' },
      cwd: folder,
      timeout: 120_000
    })
    return stdout
  }
  const session = `import os, json, numpy as np
from crosswalk import Crosswalk, CrosswalkError
crosswalk = Crosswalk(os.environ["CROSSWALK_URL"])
`

  test('does the first session of its README as it stands', async () => {
    const text = await readFile(join(client, 'README.md'), 'utf8')
    const stdout = await python([...text.matchAll(/^```python\n(.*?)^```$/gms)].map(([, block]) => block).join(''))
    assert.match(stdout, /example-a: 4 numbers/)
    assert.match(stdout, /^\(2, 3\) [0-9a-f-]{36}$/m)
    assert.match(stdout, /^(match|non-match) -?[\d.]+$/m)
    assert.match(stdout, /^fitted [0-9a-f-]{36}$/m)
    assert.match(stdout, /^map-missing expected an active map from "example-a" to "r512"/m)
  })

  test('arrays arrive as the numbers in JSON do, in parts too', async () => {
    const stdout = await python(`${session}
rows = np.random.default_rng(1).normal(size=(50, 4))
one = crosswalk.translate(rows, source="example-a", target="example-b")
parts = crosswalk.translate(rows, source="example-a", target="example-b", rows_at_once=7)
body = {"target": "example-b", "templates": [{"model": "example-a", "vector": row} for row in rows]}
plain = [template["vector"] for template in crosswalk.call("translateTemplates", body)["templates"]]
assert np.array_equal(one.templates, parts.templates), "in parts"
assert np.allclose(one.templates, plain, atol=1e-6), "as JSON"
assert one.templates.dtype == np.float32
`)
    assert.equal(stdout, '')
  })

  test('photographs are embedded and verified, and people enrolled and found', async () => {
    await writeFile(join(folder, 'face.img'), Buffer.from(examples.face, 'base64'))
    const stdout = await python(`${session}
from pathlib import Path
image = Path("face.img").read_bytes()
[face] = crosswalk.embed(image, models=["r512"])
template = face.templates["r512"]
assert template.shape == (512,) and template.dtype == np.float32
answer = crosswalk.verify(image, {"model": "r512", "vector": template}, fmr=0.001)
assert answer["score"] > 0.999, answer
gallery = crosswalk.call("createGallery", {"name": "doors"})["id"]
people = np.random.default_rng(2).normal(size=(20, 4))
names = [f"Ann, no. {n}" for n in range(20)]
crosswalk.enrol(gallery, people, model="example-a", subjects=names)
crosswalk.enrol(gallery, people, model="example-a", subjects=names)
found = crosswalk.call("identify", {"probes": [{"model": "example-a", "vector": people[3]}], "candidates": 1}, id=gallery)
print(found["results"][0]["candidates"][0]["subject"], sum(1 for _ in crosswalk.every("listSubjects", "subjects", id=gallery, limit=7)))
`)
    assert.equal(stdout, 'Ann, no. 3 20\n')
  })

  test('what cannot be sent is refused before it is, and says what was expected', async () => {
    const stdout = await python(`${session}
for wrong in [
    lambda: crosswalk.translate(np.ones(4), source="example-a", target="example-b"),
    lambda: crosswalk.translate(np.array([["a"]]), source="example-a", target="example-b"),
    lambda: crosswalk.add_templates("x", np.ones((2, 4)), model="example-a", samples=["one"]),
    lambda: crosswalk.call("listMap"),
    lambda: crosswalk.call("listMaps", stat="active"),
    lambda: crosswalk.call("getMap"),
]:
    try:
        wrong()
        print("accepted")
    except (TypeError, ValueError) as error:
        print(error)
`)
    assert.deepEqual(stdout.trim().split('\n'), [
      'templates: expected a matrix of numbers, (n, d), received float64 of shape (4,)',
      'templates: expected a matrix of numbers, (n, d), received <U1 of shape (1, 1)',
      'expected one record for each template, received 2 and 1 and 2',
      "expected an operation of the service, received 'listMap'",
      'listMaps: expected one of source, target, state, limit, after, received stat',
      'getMap: expected id'
    ])
  })

  test('a fit that fails says why, and leaves no corpus behind', async () => {
    const stdout = await python(`${session}
before = len(list(crosswalk.every("listCorpora", "corpora")))
try:
    crosswalk.fit("example-a", "example-b", np.ones((30, 4)), np.ones((30, 3)))
except Exception as error:
    print(type(error).__name__, error)
print(len(list(crosswalk.every("listCorpora", "corpora"))) - before)
`)
    assert.match(stdout, /^(RuntimeError|CrosswalkError) .*expected/)
    assert.match(stdout, /^0$/m)
  })

  test('docs/notebook.py goes from two files to a map that holds for people it has not seen', async () => {
    await python(`import csv, numpy as np
random = np.random.default_rng(3)
who = np.repeat(np.arange(120), 4)
latent = random.normal(size=(120, 24))[who] + 0.35 * random.normal(size=(480, 24))
np.save("old.npy", (latent @ random.normal(size=(24, 24))).astype(np.float32))
np.save("new.npy", (latent @ random.normal(size=(24, 16))).astype(np.float32))
with open("people.csv", "w", newline="") as file:
    csv.writer(file).writerows([("sample", "identity"), *((f"image {i}", f"person {p}") for i, p in enumerate(who))])
`)
    const notebook = join(projectRoot, 'docs', 'notebook.py')
    const { stdout } = await run('python3', ['-B', notebook, 'old.npy', 'new.npy', 'people.csv'], {
      env: { ...process.env, PYTHONPATH: client, CROSSWALK_URL: proxy.url, CROSSWALK_KEY: '' },
      cwd: folder,
      timeout: 120_000
    })
    assert.match(stdout, /^480 images of 120 people, 24 and 16 numbers$/m)
    const rows = [...stdout.matchAll(/^ +(0\.\d+) {3} +([\d.]+) {3}([\d.]+)$/gm)].map(row => row.slice(1).map(Number))
    assert.ok(rows.length >= 2, stdout)
    for (const [requested, found, tmr] of rows) {
      assert.ok(found! < 3 * requested! && tmr! > 0.5, stdout)
    }
    assert.match(stdout, /^(wrote notebook.png|matplotlib is not here: no plots)$/m)
  })

  test('everything that it asked and got is as the document says', () => {
    assert.deepEqual(proxy.findings(), [])
    for (const seen of ['followJob 200', 'compareTemplates 200', 'enrolTemplates 200', 'embedImage 200']) {
      assert.ok(proxy.seen().includes(seen), seen)
    }
  })

  test('calls are repeated when the service asks for it and nothing can be done twice', async t => {
    const received: string[] = []
    const answers = [
      [503, 'unavailable'],
      [503, 'overloaded'],
      [200, ''],
      [503, 'unavailable'],
      [503, 'unavailable'],
      [200, ''],
      [503, 'unavailable']
    ] as const
    const busy = createServer((request, response) => {
      request.resume().on('end', () => {
        const [status, code] = answers[received.length] ?? [200, '']
        received.push(request.method!)
        response.writeHead(status, { 'content-type': 'application/json', 'retry-after': code === '' ? '' : '0' })
          .end(JSON.stringify({ code, detail: 'as told', models: [] }))
      })
    }).listen(0, '127.0.0.1')
    await new Promise(resolve => busy.once('listening', resolve))
    t.after(() => busy.close())
    const stdout = await python(
      `${session}
crosswalk.call("listModels")
try:
    crosswalk.call("createGallery", {"name": "a"})
except CrosswalkError as error:
    print(error.status, error)
crosswalk.call("createGallery", {"name": "a"}, idempotency_key="k")
Crosswalk(os.environ["CROSSWALK_URL"], retries=0)
`,
      `http://127.0.0.1:${(busy.address() as AddressInfo).port}`
    )
    assert.equal(stdout, '503 unavailable: as told\n')
    assert.deepEqual(received, ['GET', 'GET', 'GET', 'POST', 'POST', 'POST'])
  })
})
