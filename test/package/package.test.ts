import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { projectRoot } from '../../src/config.js'
import { generateSigningKey, parseSigningKey } from '../../src/features/bundles/keys.js'
import { writeBundle } from '../../src/features/bundles/format.js'
import { readMapFolder, type MapInFolder } from '../../src/features/maps/map-files.js'
import { prepare, translate } from '../../src/science/alignment/apply.js'
import { referenceProducts } from '../../src/science/linear-algebra/reference-products.js'
import { readNpy, writeNpy } from '../../src/science/template/npy.js'
import { gaussianTemplates, largestDifference } from '../support/synthetic-pairs.js'

interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

describe('the packed tarball', () => {
  let folder: string
  let files: string[]
  let app: string
  let env: Record<string, string | undefined>
  let map: MapInFolder
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crosswalk-package-'))
    const checkout = join(folder, 'checkout')
    await mkdir(checkout)
    for (const name of await readdir(projectRoot)) {
      if (name === 'node_modules') await symlink(join(projectRoot, name), join(checkout, name))
      else if (!['data', 'dist', '.git', '.cache', '.compiled'].includes(name)) {
        await cp(join(projectRoot, name), join(checkout, name), { recursive: true })
      }
    }
    const packed = await run(
      'npm',
      ['run', '--silent', 'package', '--', '--json', '--pack-destination', folder],
      checkout
    )
    assert.equal(packed.code, 0, packed.stderr)
    const [{ filename, files: listed }] = JSON.parse(packed.stdout)
    files = listed.map(({ path }: { path: string }) => path)
    // A machine of somebody else: its own home, and nothing of the checkout.
    app = join(folder, 'app')
    await mkdir(app)
    await mkdir(join(folder, 'home'))
    const cache = (await run('npm', ['config', 'get', 'cache'], projectRoot)).stdout.trim()
    env = { PATH: process.env['PATH'], HOME: join(folder, 'home'), npm_config_cache: cache }
    const installed = await run(
      'npm',
      [
        ...['install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts'],
        join(folder, filename)
      ],
      app,
      env
    )
    assert.equal(installed.code, 0, installed.stderr)
    map = (await readMapFolder(join(projectRoot, 'maps'))).find(({ source, target }) =>
      source.model === 'dlib128' && target.model === 'r512'
    )!
  })
  after(async () => {
    await rm(folder, { recursive: true, force: true })
  })

  async function run (
    program: string,
    args: string[],
    cwd: string,
    environment: Record<string, string | undefined> = process.env
  ): Promise<Ran> {
    return await new Promise(resolve => {
      execFile(
        program,
        args,
        { cwd, env: environment, maxBuffer: 2 ** 26 },
        (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
      )
    })
  }
  const crosswalk = async (...args: string[]) => await run('npx', ['--no-install', 'crosswalk', ...args], app, env)

  test('has what runs, and neither tests nor sources nor graphs', () => {
    for (
      const expected of ['dist/cli.js', 'dist/server.js', 'dist/library.js', 'dist/library.d.ts', 'LICENSE', 'NOTICE']
    ) {
      assert.ok(files.includes(expected), expected)
    }
    assert.deepEqual(files.filter(file => /^(test|bench|scripts|src)\/|\.(map|onnx|tsx?|npy|jpe?g)$/.test(file)), [
      // Images of nobody, by which the service tests its models.
      'canaries/face.jpg',
      'canaries/large.jpg',
      'dist/library.d.ts'
    ])
  })

  test('runs no script at installation', async () => {
    const { scripts } = JSON.parse(await readFile(join(app, 'node_modules', 'crosswalk', 'package.json'), 'utf8'))
    for (const name of ['preinstall', 'install', 'postinstall', 'prepare']) assert.equal(scripts[name], undefined)
  })

  test('translates a file, and writes nothing into itself', async () => {
    const templates = gaussianTemplates(40, map.source.dimension, 1)
    await writeFile(join(app, 'old.npy'), writeNpy(templates))
    const own = async () => (await readdir(join(app, 'node_modules', 'crosswalk'), { recursive: true })).sort()
    const before = await own()
    const version = await crosswalk('--version')
    assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/, version.stderr)
    const done = await crosswalk(
      ...['migrate', '--from', 'dlib128', '--to', 'r512', '--in', 'old.npy', '--out', 'new.npy', '--guard', 'off']
    )
    assert.equal(done.code, 0, done.stderr)
    const expected = await translate(prepare(map.numbers), templates, referenceProducts)
    const translated = readNpy(await readFile(join(app, 'new.npy')))
    assert.ok(largestDifference(expected, translated) < 1e-6)
    assert.deepEqual(await own(), before)
  })

  test('refuses to write into itself, and says where models come from', async () => {
    const refused = await crosswalk('model', 'add', 'none.onnx')
    assert.deepEqual([refused.code, /MODELS_DIR: expected a folder of your own/.test(refused.stderr)], [1, true])
    const served = await run('npx', ['--no-install', 'crosswalk', 'serve'], app, {
      ...env,
      PORT: '0',
      LOG_LEVEL: 'silent'
    })
    assert.notEqual(served.code, 0)
    assert.match(served.stderr, /npm package \S+, which the model pack is made from, is not installed: run npm install/)
  })

  test('is a library without a service: reads a bundle and translates as the service does', async () => {
    const key = parseSigningKey(generateSigningKey(), 'a key')
    await writeFile(join(app, 'map.crosswalk'), writeBundle(map, key))
    await writeFile(join(app, 'site.pem'), key.publicKey.export({ type: 'spki', format: 'pem' }))
    const templates = gaussianTemplates(8, map.source.dimension, 2)
    await writeFile(join(app, 'rows.f32'), new Uint8Array(templates.data.buffer))
    await writeFile(
      join(app, 'use.ts'),
      `import { readFileSync, writeFileSync } from 'node:fs'
import { readBundle, translate, type TemplateMap } from 'crosswalk'
const map: TemplateMap = readBundle(readFileSync('map.crosswalk'), readFileSync('site.pem', 'utf8'))
const rows: Float32Array = translate(map, new Float32Array(new Uint8Array(readFileSync('rows.f32')).buffer))
writeFileSync('translated.f32', rows)
console.log(map.source.model, map.target.model, map.signedBy)
`
    )
    const { stdout: text } = await run(
      'node',
      [
        join(projectRoot, 'node_modules', 'typescript', 'bin', 'tsc'),
        ...['--module', 'nodenext', '--target', 'es2023', '--strict', '--types', 'node'],
        ...['--typeRoots', join(projectRoot, 'node_modules', '@types'), 'use.ts']
      ],
      app,
      env
    )
    assert.equal(text, '')
    const used = await run('node', ['use.js'], app, env)
    assert.equal(used.stdout, `dlib128 r512 ${key.id}\n`, used.stderr)
    const expected = await translate(prepare(map.numbers), templates, referenceProducts)
    const bytes = await readFile(join(app, 'translated.f32'))
    const translated = new Float32Array(new Uint8Array(bytes).buffer)
    assert.ok(largestDifference(expected, { ...expected, data: translated }) < 1e-6)
  })

  test('loads nothing native and no server as a library', async () => {
    const root = join(app, 'node_modules', 'crosswalk')
    const packages = new Set<string>()
    const seen = new Set<string>()
    const visit = async (file: string): Promise<void> => {
      if (seen.has(file)) return
      seen.add(file)
      const code = await readFile(file, 'utf8')
      for (const [, name] of code.matchAll(/^(?:import|export)\b(?:[^;'"]*?\bfrom)? '([^']+)';/gm)) {
        if (name!.startsWith('.')) await visit(resolve(dirname(file), name!))
        else if (!name!.startsWith('node:') && !builtinModules.includes(name!)) packages.add(name!.split('/')[0]!)
      }
    }
    await visit(join(root, 'dist', 'library.js'))
    assert.deepEqual([...packages].sort(), ['ml-matrix'])
    assert.ok(seen.has(join(root, 'dist', 'typebox', 'build', 'index.mjs')))
    const own = [...seen].map(file => relative(join(root, 'dist'), file))
    assert.deepEqual(own.filter(file => /^(engines|app|server|service|config)\b|routes/.test(file)), [])
  })
})
