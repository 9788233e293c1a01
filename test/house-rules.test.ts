import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { appendFile, cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { projectRoot } from '../src/config.js'

/** The rules of docs/architecture.md, on a copy of the source: it keeps them, and each is noticed when it is broken. */
describe('rules of the house', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crosswalk-rules-'))
    const copied = [
      'src',
      'scripts',
      'bench',
      'test',
      'package.json',
      'tsconfig.json',
      'tsconfig.build.json',
      'tsconfig.test.json',
      'knip.json',
      '.dependency-cruiser.cjs',
      'eslint.config.js'
    ]
    for (const name of copied) await cp(join(projectRoot, name), join(folder, name), { recursive: true })
    await symlink(join(projectRoot, 'node_modules'), join(folder, 'node_modules'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  const run = async (tool: string, ...parameters: string[]) =>
    await new Promise<{ failed: boolean, output: string }>(resolve => {
      execFile(
        join(projectRoot, 'node_modules', '.bin', tool),
        parameters,
        { cwd: folder, maxBuffer: 2 ** 26 },
        (error, stdout, stderr) => resolve({ failed: error !== null, output: stdout + stderr })
      )
    })
  const imports = async () => await run('depcruise', 'src', '--config', '.dependency-cruiser.cjs')
  const dead = async () => await run('knip')

  /** Appends to a file, sees what is noticed, and takes it back. */
  async function plant (
    file: string,
    text: string,
    look: () => Promise<{ failed: boolean, output: string }>
  ): Promise<string> {
    const path = join(folder, file)
    const before = await readFile(path, 'utf8')
    await appendFile(path, text)
    try {
      const { failed, output } = await look()
      assert.ok(failed, `${file} with ${text} was not noticed`)
      return output
    } finally {
      await writeFile(path, before)
    }
  }

  test('the source follows them', async () => {
    for (const look of [imports, dead]) {
      const { failed, output } = await look()
      assert.ok(!failed, output)
    }
  })

  const planted: [what: string, file: string, text: string, rule: RegExp][] = [
    ['a circle', 'src/science/linear-algebra/random.ts', "\nexport * as circle from './identities.js'\n", /no-circles/],
    [
      'science that imports a feature',
      'src/science/linear-algebra/matrix.ts',
      "\nexport * from '../../features/maps/maps.js'\n",
      /science-imports-itself/
    ],
    [
      'an engine that imports the platform',
      'src/engines/onnx/products.ts',
      "\nexport * from '../../platform/database/page.js'\n",
      /engines-import-science/
    ],
    [
      'a platform that imports a feature',
      'src/platform/http/health.ts',
      "\nexport * from '../../features/jobs/kinds.js'\n",
      /platform-imports-no-feature/
    ],
    [
      'a feature that imports a later one',
      'src/features/catalogue/models.ts',
      "\nexport * from '../jobs/index.js'\n",
      /features-order-catalogue/
    ],
    [
      'a feature that imports the inside of another',
      'src/features/maps/maps.ts',
      "\nexport * from '../corpora/routes.js'\n",
      /features-through-index/
    ],
    [
      'a second importer of onnxruntime',
      'src/engines/onnx/products.ts',
      "\nexport { InferenceSession } from 'onnxruntime-node'\n",
      /one-importer-onnxruntime/
    ],
    [
      'a second importer of sharp',
      'src/engines/recognition/pixels.ts',
      "\nexport { default as sharp } from 'sharp'\n",
      /one-importer-sharp/
    ],
    [
      'a second importer of pg',
      'src/features/jobs/jobs.ts',
      "\nexport { default as pg } from 'pg'\n",
      /one-importer-pg/
    ]
  ]
  for (const [what, file, text, rule] of planted) {
    test(`${what} is noticed`, async () => {
      assert.match(await plant(file, text, imports), rule)
    })
  }

  test('an unused export is noticed', async () => {
    assert.match(
      await plant('src/science/linear-algebra/random.ts', '\nexport const nobodyImportsThis = 1\n', dead),
      /nobodyImportsThis/
    )
  })

  test('a function of more than 70 lines is noticed', async () => {
    const text = `\nexport function long (): number {\n  let sum = 0\n${
      Array.from({ length: 70 }, (_, i) => `  sum += ${i}\n`).join('')
    }  return sum\n}\n`
    assert.match(
      await plant(
        'src/science/linear-algebra/random.ts',
        text,
        async () => await run('eslint', 'src/science/linear-algebra/random.ts')
      ),
      /house\/function-length/
    )
  })
})
