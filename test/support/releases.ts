import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot } from '../../src/config.js'
import { exampleMapId, examples } from '../../src/platform/http/documented-examples.js'
import { call, type Json } from './call.js'

/** What a release has left for the upgrade test, see scripts/make-release.ts. */
export const releaseFolder = (version: string): string => join(projectRoot, 'test', 'releases', version)

/** SHA-256 of every migration, by name. */
export async function migrationDigests (): Promise<Record<string, string>> {
  const folder = join(projectRoot, 'migrations')
  const names = (await readdir(folder)).filter(name => name.endsWith('.sql')).sort()
  return Object.fromEntries(
    await Promise.all(
      names.map(async name =>
        [
          name,
          createHash('sha256').update(await readFile(join(folder, name))).digest('hex')
        ] as const
      )
    )
  )
}

/** Where things are in the database of a release. */
export interface FilledRelease {
  /** API key of an operator who may do everything */
  readonly key: string
  /** of a caller who may translate and identify */
  readonly callerKey: string
  /** with templates of example-a */
  readonly gallery: string
  /** translated to example-b, and not committed */
  readonly migrating: string
  readonly migration: string
  readonly corpus: string
  /** fitted on the corpus, not activated */
  readonly map: string
}

type Ask = (method: 'GET' | 'POST', path: string, json?: object) => Promise<Json>

/** Calls a service as the owner of a key, who expects success. */
export function asking (url: string, key: string): Ask {
  return async (method, path, json) => {
    const answer = await call(url, method, path, { headers: { authorization: `Bearer ${key}` }, ...json && { json } })
    assert.ok([200, 201, 202].includes(answer.status), `${method} ${path}: ${JSON.stringify(answer.json)}`)
    return answer.json
  }
}

/** Fills the database of a service with the examples by the calls of its users. */
export async function fillRelease (url: string, key: string): Promise<FilledRelease> {
  const ask = asking(url, key)
  const { key: callerKey } = await ask('POST', '/v1/api-keys', {
    name: 'a caller',
    scopes: ['translate', 'identify', 'verify'],
    templatesPerDay: 100_000
  })
  const [gallery, migrating] = [await enrolled(ask, 'a gallery'), await enrolled(ask, 'a gallery that is migrated')]
  const { id: job } = await ask('POST', `/v1/galleries/${migrating}/migrations`, {
    target: 'example-b',
    map: exampleMapId
  })
  const { result: migration } = await ended(ask, job)
  const { id: corpus } = await ask('POST', '/v1/corpora', { name: 'a corpus' })
  for (const [model, side] of [['example-a', 'source'], ['example-b', 'target']] as const) {
    await ask('POST', `/v1/corpora/${corpus}/templates?model=${model}`, {
      templates: examples.pairs.map(pair => ({
        sample: pair.sample,
        identity: pair.identity,
        vector: pair[side].vector
      }))
    })
  }
  const { id: map } = await ask('POST', '/v1/maps', {
    source: 'example-a',
    target: 'example-b',
    corpus,
    method: 'linear'
  })
  return { key, callerKey, gallery, migrating, migration, corpus, map }
}

async function enrolled (ask: Ask, name: string): Promise<string> {
  const { id } = await ask('POST', '/v1/galleries', { name })
  await ask('POST', `/v1/galleries/${id}/templates?model=example-a`, {
    templates: examples.pairs.map(({ sample, identity, source: { vector } }) => ({
      subject: identity,
      reference: sample,
      vector,
      attributes: { site: identity.length }
    }))
  })
  return id
}

/** Waits for a job. */
async function ended (ask: Ask, job: string): Promise<Json> {
  for (;;) {
    const found = await ask('GET', `/v1/jobs/${job}`)
    if (['succeeded', 'failed', 'cancelled'].includes(found.state)) {
      assert.equal(found.state, 'succeeded', JSON.stringify(found))
      return found
    }
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

/** What a service answers from the database of a release. */
export async function answersOf (url: string, { key, callerKey, gallery, migrating, map }: FilledRelease) {
  const [ask, askAsCaller] = [asking(url, key), asking(url, callerKey)]
  const templates = examples.pairs.slice(0, 12).map(({ source: { vector } }) => ({ model: 'example-a', vector }))
  const { candidates } = { candidates: 5 }
  return {
    translated: (await askAsCaller('POST', '/v1/translations', { target: 'example-b', templates })).templates,
    verified: await askAsCaller('POST', '/v1/verifications', {
      probe: { template: templates[0] },
      reference: { template: { model: 'example-b', vector: examples.pairs[0]!.target.vector } }
    }),
    found: (await ask('POST', `/v1/galleries/${gallery}/identifications`, { probes: templates, candidates })).results,
    foundInMigrating: (await ask('POST', `/v1/galleries/${migrating}/identifications`, {
      probes: templates,
      candidates
    })).results,
    subject: await ask('GET', `/v1/galleries/${gallery}/subjects/${examples.pairs[0]!.identity}`),
    map: await ask('GET', `/v1/maps/${map}`)
  }
}
