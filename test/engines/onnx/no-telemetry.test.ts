import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const extension = extname(import.meta.url)
const moduleOf = (path: string) => new URL(`../../../src/${path}${extension}`, import.meta.url).href
const loader = extension === '.ts' ? ['--import', import.meta.resolve('tsx')] : []

/** Whatever else would keep it silent. */
const { ORT_DISABLE_TELEMETRY, CI, XDG_CACHE_HOME, ...env } = process.env

/** What a program leaves in the home of its user, who has set nothing. */
async function filesOf (program: string, worker = ''): Promise<string[]> {
  const home = await mkdtemp(join(tmpdir(), 'crosswalk-home-'))
  try {
    const file = join(home, 'program.mjs')
    await writeFile(file, program)
    await writeFile(join(home, `worker${extension}`), worker)
    await promisify(execFile)(process.execPath, [...loader, file], {
      // As root of the project, so that packages are found.
      cwd: fileURLToPath(new URL('../../..', import.meta.url)),
      env: { ...env, HOME: home }
    })
    return (await readdir(home, { recursive: true })).filter(name => !/^(program|worker)\.\w+$/.test(name))
  } finally {
    await rm(home, { recursive: true })
  }
}

const load = `import { createEngineProducts } from ${JSON.stringify(moduleOf('engines/onnx/products'))}`
const multiply = `
  const one = { rows: 300, cols: 300, data: new Float64Array(90_000) }
  await createEngineProducts({ threads: 1 }).multiply(one, one)`

test('onnxruntime reports nothing: it makes no identifier of the machine and no database of events', async () => {
  assert.deepEqual(await filesOf(`${load}\n${multiply}`), [])
})

test('nor where only a thread loads it', async () => {
  assert.deepEqual(
    await filesOf(
      `
      import { createPool } from ${JSON.stringify(moduleOf('engines/threads/pool'))}
      const pool = createPool({ worker: new URL('./worker${extension}', import.meta.url), threads: 1 })
      await pool.run()
      await pool.close()`,
      `${load}\nexport default async () => { ${multiply} }`
    ),
    []
  )
})
