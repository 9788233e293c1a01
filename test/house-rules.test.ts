import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { appendFile, cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { projectRoot } from '../src/config.js'

/** The rules of docs/architecture.md, each broken in a copy of the source: the tools of `npm run lint` notice all. */
describe('rules of the house', () => {
  const planted: [what: string, file: string, text: string, rule: string, reportedIn?: string][] = [
    [
      'a circle',
      'src/science/linear-algebra/random.ts',
      "\nexport * as circle from './identities.js'\n",
      'no-circles',
      'src/science/linear-algebra/identities.ts'
    ],
    [
      'science that imports a feature',
      'src/science/linear-algebra/matrix.ts',
      "\nexport * from '../../features/maps/maps.js'\n",
      'science-imports-itself'
    ],
    [
      'an engine that imports the platform',
      'src/engines/onnx/products.ts',
      "\nexport * from '../../platform/database/page.js'\n",
      'engines-import-science'
    ],
    [
      'a platform that imports a feature',
      'src/platform/http/health.ts',
      "\nexport * from '../../features/jobs/kinds.js'\n",
      'platform-imports-no-feature'
    ],
    [
      'a feature that imports a later one',
      'src/features/catalogue/models.ts',
      "\nexport * from '../jobs/index.js'\n",
      'features-order-catalogue'
    ],
    [
      'a feature that imports the inside of another',
      'src/features/maps/maps.ts',
      "\nexport * from '../corpora/routes.js'\n",
      'features-through-index'
    ],
    [
      'a second importer of onnxruntime',
      'src/engines/onnx/products.ts',
      "\nexport { InferenceSession } from 'onnxruntime-node'\n",
      'one-importer-onnxruntime'
    ],
    [
      'a second importer of sharp',
      'src/engines/recognition/pixels.ts',
      "\nexport { default as sharp } from 'sharp'\n",
      'one-importer-sharp'
    ],
    [
      'a second importer of pg',
      'src/features/jobs/jobs.ts',
      "\nexport { default as pg } from 'pg'\n",
      'one-importer-pg'
    ]
  ]
  const deadExport = '\nexport const nobodyImportsThis = 1\n'
  const longFunction = `\nexport function long (): number {\n  let sum = 0\n${
    Array.from({ length: 70 }, (_, i) => `  sum += ${i}\n`).join('')
  }  return sum\n}\n`
  const other = 'src/science/linear-algebra/rank.ts'
  /** What each tool printed of all that is planted. */
  const printed: Record<string, string> = {}

  before(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'crosswalk-rules-'))
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
    const run = async (tool: string, ...parameters: string[]) => {
      printed[tool] = await new Promise<string>((resolve, reject) => {
        execFile(
          join(projectRoot, 'node_modules', '.bin', tool),
          parameters,
          { cwd: folder, maxBuffer: 2 ** 26 },
          (error, stdout, stderr) => {
            if (error === null) reject(new Error(`${tool} found nothing: ${stdout}${stderr}`))
            else resolve(stdout + stderr)
          }
        )
      })
    }
    try {
      for (const name of copied) await cp(join(projectRoot, name), join(folder, name), { recursive: true })
      await symlink(join(projectRoot, 'node_modules'), join(folder, 'node_modules'))
      for (const [, file, text] of planted) await appendFile(join(folder, file), text)
      await appendFile(join(folder, other), deadExport + longFunction)
      await Promise.all([
        run('depcruise', 'src', '--config', '.dependency-cruiser.cjs'),
        run('knip'),
        run('eslint', other)
      ])
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  for (const [what, file, , rule, reportedIn = file] of planted) {
    test(`${what} is noticed`, () => {
      assert.ok(printed['depcruise']!.includes(`error ${rule}: ${reportedIn} →`), printed['depcruise'])
    })
  }

  test('an unused export is noticed', () => {
    assert.match(printed['knip']!, /nobodyImportsThis/)
  })

  test('a function of more than 70 lines is noticed', () => {
    assert.match(printed['eslint']!, /house\/function-length/)
  })
})
