import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Comparer } from '../../../src/features/comparisons/comparer/comparer.js'
import { idle } from '../../support/connection.js'
import { call, startService, type Answer, type RunningService } from '../../support/service.js'

/** References of a comparison that takes long here. */
const many = 1000

describe('comparisons beyond what can be computed', () => {
  let running: RunningService
  let clock = 0
  let taking: () => Promise<void>
  let arrived: (() => void) | undefined
  before(async () => {
    running = await startService({ config: { maxWait: 0, translateThreads: 1 }, now: () => clock })
    const comparer = running.service.comparer as { -readonly [name in keyof Comparer]: Comparer[name] }
    const { open } = comparer
    comparer.open = (...given) => {
      const opened = open(...given)
      if (given[0].rows !== many) return opened
      return {
        async score (...block) {
          arrived?.()
          await taking()
          return await opened.score(...block)
        }
      }
    }
  })
  after(() => running.stop())

  /** Bodies of one size, whose cost differs by how their rows are distributed over the sides. */
  const compare = async (probes: number): Promise<Answer> => {
    const form = new FormData()
    const rows = (count: number) => new Blob([Float32Array.from({ length: 4 * count }, (_, k) => 1 + k % 3)])
    form.set('probes', rows(probes))
    form.set('references', rows(probes === many ? many : 2 * many - probes))
    return await call(running.url, 'POST', '/v1/comparisons?probe=example-a', { body: form })
  }
  const begun = () =>
    new Promise<void>(resolve => {
      arrived = resolve
    })

  test('are turned away by their cost and not by the size of their body', async () => {
    taking = async () => {
      clock += 250
    }
    assert.equal((await compare(many)).status, 200)
    let goOn: (() => void) | undefined
    const held = new Promise<void>(resolve => {
      goOn = resolve
    })
    taking = () => held
    const waiting: Promise<Answer>[] = []
    for (let i = 0; i < 2; i++) {
      const next = begun()
      waiting.push(compare(many))
      await next
    }
    const refused = await compare(many)
    assert.deepEqual([refused.status, refused.json.code, refused.headers.get('retry-after')], [503, 'overloaded', '1'])
    assert.equal((await compare(1)).status, 200, 'little work is not kept out by much')
    goOn!()
    for (const answer of await Promise.all(waiting)) assert.equal(answer.status, 200)
    assert.equal((await compare(many)).status, 200)
    await idle(running.url)
    const metrics = (await call(running.url, 'GET', '/metrics')).bytes.toString()
    assert.match(metrics, /^http_requests_shed_total\{method="POST",route="\/v1\/comparisons"\} 1$/m)
  })
})
