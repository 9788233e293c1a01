import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { billOfMaterials, isPermitted, readModels, readPackages } from '../../scripts/supply/bill.js'
import { licencesPage } from '../../scripts/supply/licences.js'
import { projectRoot } from '../../src/config.js'
import { modelCache, modelsFolder } from '../support/photographs.js'

interface Component {
  name: string
  type: string
  version: string
  purl?: string
  hashes: { alg: string, content: string }[]
  licenses: object[]
}

test('the bill of materials has every package that runs in production and every model, with digest and licence', async () => {
  const bill = await billOfMaterials() as {
    bomFormat: string
    specVersion: string
    metadata: { component: { name: string } }
    components: Component[]
  }
  assert.deepEqual([bill.bomFormat, bill.metadata.component.name], ['CycloneDX', 'crosswalk'])
  const { dependencies } = JSON.parse(await readFile(join(projectRoot, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  }
  const names = new Set(bill.components.map(({ name }) => name))
  for (const name of Object.keys(dependencies)) assert.ok(names.has(name), name)
  for (const { name } of await readPackages()) assert.ok(names.has(name), name)
  for (const { name, hashes, licenses } of bill.components) {
    assert.ok(hashes.length > 0 && licenses.length > 0, name)
  }
  const models = bill.components.filter(({ type }) => type === 'machine-learning-model')
  assert.deepEqual(models.map(({ name }) => name), ['dlib128', 'faceres1024', 'fr68', 'r512', 'rfb320'])
  for (const { name, hashes } of models) {
    const { graph } = JSON.parse(await readFile(join(modelsFolder, `${name}.json`), 'utf8')) as {
      graph: { file: string }
    }
    const digest = createHash('sha256').update(await readFile(join(modelCache, graph.file))).digest('hex')
    assert.deepEqual(hashes, [{ alg: 'SHA-256', content: digest }])
  }
})

test('docs/licences.md is what the lock file and the manifests say', async () => {
  assert.equal(
    await readFile(join(projectRoot, 'docs', 'licences.md'), 'utf8'),
    licencesPage(await readPackages(), await readModels()),
    'npm run licences writes it'
  )
})

test('a licence that is not permitted is refused, one of several alternatives is enough', () => {
  for (const expression of ['MIT', '(MIT OR GPL-3.0-only)', 'Apache-2.0 AND LGPL-3.0-or-later AND MIT']) {
    assert.ok(isPermitted(expression), expression)
  }
  for (
    const expression of [
      'GPL-3.0-only',
      'MIT AND SSPL-1.0',
      'not stated',
      '(GPL-2.0-only OR AGPL-3.0-only)',
      'UNLICENSED'
    ]
  ) assert.ok(!isPermitted(expression), expression)
  assert.throws(() => licencesPage([{ name: 'x', version: '1.0.0', licence: 'SSPL-1.0' }], []), /SSPL-1\.0 of x/)
})
