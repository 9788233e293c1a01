import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { programOf } from '../../../bench/processes.js'
import { projectRoot } from '../../../src/config.js'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { writeNpy } from '../../../src/science/template/npy.js'
import { gaussian } from '../../support/synthetic-pairs.js'
import { samplePhotographs } from '../../support/photographs.js'
import { call, startService, type RunningService } from '../../support/service.js'

const matrixOf = (rows: number[][]) => ({ rows: rows.length, cols: 6, data: Float32Array.from(rows.flat()) })

describe('commands of a service', () => {
  let running: RunningService
  let folder: string
  let key: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crosswalk-commands-'))
    running = await startService({
      config: { apiKeysRequired: true, signingKeyFile: join(folder, 'signing-key.pem') }
    })
    key = (await running.service.access.issue({ name: 'operator', scopes: ['admin', 'fit'] })).key
  })
  after(async () => {
    await running.stop()
    await rm(folder, { recursive: true })
  })

  /** Runs a command on the service, by the environment. */
  async function crosswalk (args: string[], env: Record<string, string> = {}, input?: Buffer) {
    const child = spawn(process.execPath, [...programOf('src/cli'), ...args], {
      cwd: projectRoot,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, CROSSWALK_URL: running.url, CROSSWALK_KEY: key, ...env }
    })
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    const out: Buffer[] = []
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString()
    })
    const [code] = await once(child, 'close') as [number]
    const stdout = Buffer.concat(out)
    return { code, stdout, text: stdout.toString(), stderr }
  }

  const get = async (path: string) =>
    (await call(running.url, 'GET', path, { headers: { authorization: `Bearer ${key}` } })).json

  /** Templates of the same images under two models: a rotation apart, and noise. */
  async function writePairs (people: number): Promise<{ a: string, b: string, samples: string }> {
    const random = createRandom(7)
    const rows: number[][] = []
    const names: string[] = []
    for (let person = 0; person < people; person++) {
      const centre = Array.from({ length: 6 }, () => gaussian(random))
      for (let image = 0; image < 3; image++) {
        rows.push(centre.map(value => value + 0.2 * gaussian(random)))
        names.push(`"${person}, ${image}",person ${person}`)
      }
    }
    const [a, b, samples] = ['a.npy', 'b.npy', 'samples.csv'].map(name => join(folder, name)) as [
      string,
      string,
      string
    ]
    await writeFile(a, writeNpy(matrixOf(rows)))
    await writeFile(b, writeNpy(matrixOf(rows.map(([p, q, ...rest]) => [...rest, q!, -p!]))))
    await writeFile(samples, `sample,identity\n${names.join('\n')}\n`)
    return { a, b, samples }
  }

  test('fit takes templates of models that the service does not know, and says what the card says first', async () => {
    const { a, b, samples } = await writePairs(40)
    const out = join(folder, 'cards')
    await mkdir(out)
    const fitted = await crosswalk([
      'fit',
      '--models',
      'mine-old,mine-new',
      '--pairs',
      a,
      b,
      '--samples',
      samples,
      '--out',
      out
    ])
    assert.equal(fitted.code, 0, fitted.stderr)
    assert.match(fitted.text, /mine-old to mine-new, version 1, fitted, /)
    assert.match(fitted.text, /^pairs {4}120$/m)
    assert.match(fitted.text, /^verdict {2}\w+\. Finds \d+ in 100 at one false match in [\d,]+\.$/m)
    assert.match(fitted.stderr, /registered the model mine-old, 6-d\n/)
    const id = /^map {6}(\S+)$/m.exec(fitted.text)![1]!
    assert.deepEqual((await readdir(out)).sort(), [`${id}.crosswalk`, `${id}.html`])
    assert.match(await readFile(join(out, `${id}.html`), 'utf8'), /^<!DOCTYPE html>/i)
    assert.equal((await stat(join(out, `${id}.crosswalk`))).mode & 0o777, 0o600)

    const activated = await crosswalk(['activate', id])
    assert.match(activated.text, /version 1, active, /)
    const listed = await crosswalk(['maps', '--source', 'mine-old', '--json'])
    assert.deepEqual(listed.text.trim().split('\n').map(line => JSON.parse(line).id), [id])
    assert.match((await crosswalk(['maps'])).text, new RegExp(`^${id} +mine-old +mine-new +1 +active`, 'm'))
    assert.match((await crosswalk(['models'])).text, /^mine-new +6 +no +[0-9a-f]{64}$/m)

    // Out through a pipe, in through another: the same map, known already.
    const exported = await crosswalk(['export', id, '--out', '-'])
    assert.deepEqual(exported.stdout, await readFile(join(out, `${id}.crosswalk`)))
    const imported = await crosswalk(['import', '-', '--activate'], {}, exported.stdout)
    assert.equal(imported.code, 0, imported.stderr)
    assert.match(imported.text, new RegExp(`^map {6}${id}$`, 'm'))

    assert.match((await crosswalk(['retire', id])).text, /version 1, retired, /)
    const again = await crosswalk(['activate', id])
    assert.deepEqual([again.code, again.text], [1, ''])
    assert.match(again.stderr, /^crosswalk: map-retired: /)
  })

  test('fit takes a folder with a folder of photographs a person, and leaves out what shows nobody', async () => {
    const photographs = join(folder, 'photographs')
    // Faces of the six photographs are of other people; two folders have the same photograph under another name.
    for (const [k, path] of samplePhotographs.entries()) {
      await mkdir(join(photographs, `person ${k}`), { recursive: true })
      await copyFile(path, join(photographs, `person ${k}`, 'one.jpg'))
      await copyFile(path, join(photographs, `person ${k}`, 'two.JPG'))
    }
    await writeFile(join(photographs, 'person 0', 'broken.png'), 'no picture')
    await writeFile(join(photographs, 'person 0', 'notes.txt'), 'not a photograph')
    const { code, stderr } = await crosswalk(['fit', '--models', 'r512,dlib128', '--photographs', photographs])
    // Too few for a map between such models; what was sent is there.
    assert.match(stderr, /12 of 13 photographs have a template of every model/)
    assert.match(stderr, /broken\.png: image-(damaged|unsupported): /)
    assert.ok([0, 1].includes(code))
    const { corpora } = await get('/v1/corpora?limit=100')
    const corpus = corpora.find(({ name }: { name: string }) => name === 'r512 and dlib128')
    assert.equal((await get(`/v1/corpora/${corpus.id}`)).samples, 12)
  })

  test('wrong arguments end with 2, refusals with 1, and a service that is away is named', async () => {
    const wrong: [string[], RegExp][] = [
      [['fit', '--models', 'r512', '--photographs', '.'], /expected --models SOURCE,TARGET, received r512/],
      [['fit', '--models', 'r512,dlib128'], /expected either --photographs or --pairs/],
      [['activate'], /expected a MAP, received 0/],
      [['maps', '--colour', 'red'], /Unknown option '--colour'/],
      [['completion', 'tcsh'], /expected bash, zsh or fish/]
    ]
    for (const [args, message] of wrong) {
      const { code, text, stderr } = await crosswalk(args)
      assert.deepEqual([code, text], [2, ''], args.join(' '))
      assert.match(stderr, message)
    }
    assert.match((await crosswalk(['maps'], { CROSSWALK_KEY: 'wrong' })).stderr, /^crosswalk: key-invalid: /)
    const away = await crosswalk(['maps'], { CROSSWALK_URL: 'http://127.0.0.1:1' })
    assert.deepEqual([away.code, /expected a service that answers at http:\/\/127\.0\.0\.1:1/.test(away.stderr)], [
      1,
      true
    ])
  })

  test('offline, a map is fitted without a service, by one command', async () => {
    const { a, b, samples } = await writePairs(20)
    const out = join(folder, 'offline')
    await mkdir(out)
    const { code, text, stderr } = await crosswalk(
      ['fit', '--offline', '--models', 'p,q', '--pairs', a, b, '--samples', samples, '--out', out, '--json'],
      { CROSSWALK_URL: 'http://127.0.0.1:1', SIGNING_KEY_FILE: join(folder, 'own-key.pem') }
    )
    assert.equal(code, 0, stderr)
    const map = JSON.parse(text)
    assert.deepEqual([map.source.model, map.target.model, map.card.pairs.pairs], ['p', 'q', 60])
    assert.deepEqual((await readdir(out)).sort(), [`${map.id}.crosswalk`, `${map.id}.html`])
  })
})
