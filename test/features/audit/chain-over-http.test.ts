import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import {
  disposableCorpusId,
  disposableGalleryId,
  disposableJobId,
  disposableMapId,
  exampleMapId
} from '../../../src/platform/http/documented-examples.js'
import { databaseKinds } from '../../support/databases.js'
import { documentedOperations, exampleBody, type DocumentedOperation } from '../../support/documented-operations.js'
import { eventually } from '../../support/eventually.js'
import { jobIn, makeCorpus, prefer, slow } from '../../support/jobs.js'
import { call, startService, type Answer, type Json, type RunningService } from '../../support/service.js'

// Nothing of the service computes here: this is what somebody who has only HTTP can do.

/** RFC 8785 for what the audit holds: members by the code units of their names, the rest as ECMAScript writes JSON. */
function canonical (value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{${Object.keys(value).sort().map(name => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`
}

const sha256 = (previous: string, text: string): string =>
  createHash('sha256').update(Buffer.from(previous, 'hex')).update(text).digest('hex')

for (const kind of databaseKinds) {
  describe(`the chain of the audit, over HTTP (${kind})`, () => {
    let running: RunningService
    before(async () => {
      running = await startService({ kind, config: { audit: 'prompt' } })
    })
    after(() => running.stop())

    const send = (method: string, path: string, options: Parameters<typeof call>[3] = {}): Promise<Answer> =>
      call(running.url, method, path, options)

    /** The audit, page by page, once it has as many records as it will have. */
    async function readAll (): Promise<{ records: Json[], head: Json }> {
      const records: Json[] = []
      for (let after: number | null = 0; after !== null;) {
        const page: Json = (await send('GET', `/v1/audit?after=${after}&limit=50`)).json
        records.push(...page.records)
        if (page.next === null) return { records, head: page.head }
        after = page.next
      }
      throw new Error('unreachable')
    }

    const receipts = async (requestId: string): Promise<Json[]> =>
      (await send('GET', `/v1/audit?request=${encodeURIComponent(requestId)}`)).json.records.map(({ record }: Json) =>
        record
      )

    async function untilRecorded (requestId: string, phase: string): Promise<void> {
      await eventually(
        `a record of ${requestId} that is ${phase}`,
        () => receipts(requestId),
        records => records.some(record => record.phase === phase)
      )
    }

    test('every erasure has a receipt under the id of its request', async () => {
      const { id: gallery } = (await send('POST', '/v1/galleries', { json: { name: 'receipts' } })).json
      const { id: corpus } = (await send('POST', '/v1/corpora', { json: { name: 'receipts' } })).json
      const subject = `/v1/galleries/${gallery}/subjects/somebody`
      const put = () =>
        send('PUT', subject, {
          json: { attributes: { site: 'west' }, templates: [{ model: 'example-a', vector: [1, 2, 3, 4] }] }
        })
      await put()
      await send('POST', `/v1/corpora/${corpus}/templates?model=example-a`, {
        json: { templates: [{ sample: 's', identity: 'somebody', vector: [1, 2, 3, 4] }] }
      })
      const erasures: [Answer, string, Json][] = [
        [await put(), 'replaceSubject', { subjects: 1, templates: 1 }],
        [await send('DELETE', subject), 'deleteSubject', { subjects: 1, templates: 1 }],
        [await send('DELETE', `/v1/galleries/${gallery}`), 'deleteGallery', { subjects: 0, templates: 0 }],
        [
          await send('DELETE', `/v1/corpora/${corpus}/samples?identity=somebody`, {
            headers: { 'x-request-id': 'erasure:2031' }
          }),
          'deleteIdentity',
          { samples: 1, templates: 1 }
        ],
        [await send('DELETE', `/v1/corpora/${corpus}`), 'deleteCorpus', { samples: 0, templates: 0 }]
      ]
      for (const [{ status, headers }, operation, deleted] of erasures) {
        const [begun, ended, ...more] = await receipts(headers.get('x-request-id')!)
        assert.deepEqual([begun.phase, ended.phase, ended.operation, ended.status, ended.deleted, more], [
          'begun',
          'ended',
          operation,
          status,
          deleted,
          []
        ])
        assert.ok(!JSON.stringify(ended).includes('somebody'))
      }
      assert.equal(erasures[3]![0].headers.get('x-request-id'), 'erasure:2031')
    })

    test('can be verified by any reader, after every audited operation', async () => {
      await doEverything()
      const { records, head } = await readAll()
      assertKinds(records)
      let previous = '0'.repeat(64)
      for (const [i, entry] of records.entries()) {
        assert.equal(entry.record.seq, i + 1)
        assert.equal(entry.previous, previous)
        assert.equal(
          sha256(previous, canonical(entry.record)),
          entry.hash,
          `record ${i + 1}: ${JSON.stringify(entry.record)}`
        )
        // As it was answered, too.
        assert.equal(JSON.stringify(entry.record), canonical(entry.record))
        previous = entry.hash
      }
      assert.deepEqual(head, { seq: records.length, hash: previous })
    })

    async function doEverything (): Promise<void> {
      const corpus = await makeCorpus(running.url, { source: 'chain-a', target: 'chain-b' })
      const large = await makeCorpus(running.url, { source: 'chain-a', target: 'chain-b' }, {}, {
        ...slow,
        dimension: 10
      })
      const fit = (given: string, id: string, json: object = {}) =>
        send('POST', '/v1/maps', {
          json: { source: 'chain-a', target: 'chain-b', method: 'ridge', corpus: given, ...json },
          headers: { ...prefer, 'x-request-id': id }
        })
      // Jobs that succeed, fail and are cancelled.
      await jobIn(running.url, (await fit(corpus, 'job-succeeds')).json.id, ['succeeded'])
      const few: string = (await send('POST', '/v1/corpora', { json: { name: 'too few' } })).json.id
      await send('POST', `/v1/corpora/${few}/templates?model=chain-a`, {
        json: { templates: [{ sample: 's', identity: 'p', vector: Array.from({ length: 10 }, (_, i) => i + 1) }] }
      })
      await jobIn(running.url, (await fit(few, 'job-fails')).json.id, ['failed'])
      await send('DELETE', `/v1/jobs/${(await fit(large, 'job-cancelled', { method: 'auto' })).json.id}`)
      for (const id of ['job-succeeds', 'job-fails', 'job-cancelled']) await untilRecorded(id, 'ended')
      // Streams, and what is refused.
      const stream = {
        'content-type': 'application/octet-stream',
        accept: 'application/octet-stream',
        'x-request-id': 'streamed'
      }
      await send('POST', '/v1/translations?source=r512&target=dlib128', {
        body: new Float32Array(6000 * 512).fill(1),
        headers: stream
      })
      await untilRecorded('streamed', 'ended')
      await send('POST', '/v1/translations', {
        json: { target: 'nobody', templates: [{ model: 'r512', data: 'AAAA' }] }
      })
      await send('POST', `/v1/maps/${exampleMapId.replace('a0', 'ff')}/activate`)
      // Names that need care: of an address, where U+0000 and quotes can be.
      for (const name of ['%00', '%22%5C', '%C3%A9%F0%9F%98%80', '%7F%E2%80%A8']) {
        await send('DELETE', `/v1/corpora/${name}`, { headers: { 'x-request-id': `odd-${name.replaceAll('%', '.')}` } })
      }
      // And every operation of the document, what deletes last.
      const files = new Map<string, Buffer>()
      const operations = documentedOperations((await send('GET', '/openapi.json')).json)
      const phases = new Map<string, string>()
      for (const documented of operations.filter(isAudited)) {
        const id = `example-${documented.id}`
        const { status } = await send(documented.method, documented.address, {
          ...exampleBody(documented, files),
          headers: { 'x-request-id': id }
        })
        phases.set(id, status === 202 ? 'accepted' : 'ended')
      }
      for (const [id, phase] of phases) await untilRecorded(id, phase)
    }

    /** `importMap` takes a file that only a service with a signing key makes. */
    const isAudited = ({ id, method }: DocumentedOperation): boolean => method !== 'GET' && id !== 'importMap'

    function assertKinds (records: readonly Json[]): void {
      const all: Json[] = records.map(({ record }) => record)
      const has = (what: string, test: (record: Json) => boolean) => {
        assert.ok(all.some(test), what)
      }
      for (const outcome of ['succeeded', 'failed', 'cancelled']) {
        has(`a job that ${outcome}`, record => record.job !== undefined && record.outcome === outcome)
      }
      for (const phase of ['begun', 'accepted', 'ended']) has(phase, record => record.phase === phase)
      for (const operation of ['deleteSubject', 'deleteIdentity', 'deleteCorpus', 'deleteGallery', 'replaceSubject']) {
        has(operation, record => record.operation === operation && record.deleted !== undefined)
      }
      for (
        const operation of [
          'createApiKey',
          'revokeApiKey',
          'retireMap',
          'activateMap',
          'verify',
          'identify',
          'embedImage',
          'registerModel',
          'commitMigration',
          'rollBackMigration'
        ]
      ) has(operation, record => record.operation === operation && record.phase === 'ended' && record.status < 300)
      has('a stream that ended', record => record.complete === true)
      has('a problem', record => record.problem === 'model-unknown')
      for (const id of [disposableCorpusId, disposableGalleryId, disposableMapId, disposableJobId]) {
        has(id, record => record.params?.id === id)
      }
    }
  })
}
