import { createRandom } from '../../src/science/linear-algebra/random.js'

interface Answer {
  readonly status: number
  readonly json: Record<string, unknown>
}

/** What must hold after an acknowledgement, whatever happened since. */
export interface Expectation {
  readonly what: string
  /** @returns why it is not; undefined when it is */
  check(): Promise<string | undefined>
}

/**
 * Writes of every kind, one after the other, and what has to be there once they were acknowledged. A missing answer is
 * no acknowledgement: the write may then be there or not, but not partially.
 *
 * @param seed different for each writer of a service
 */
export function createWriter (address: () => string, seed: number) {
  const random = createRandom(seed)
  const expected = new Map<string, Expectation>()
  const counts = { acknowledged: 0, interrupted: 0 }
  const [source, target] = [`kill-${seed}-a`, `kill-${seed}-b`]
  /** the map that serves between the two spaces of this writer */
  let serving: string | null = null
  let serial = 0

  async function call (method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(address() + path, {
      method,
      ...body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    })
    const text = await response.text()
    return { status: response.status, json: text === '' ? {} : JSON.parse(text) as Answer['json'] }
  }

  /** @throws Error when the service refuses: every request here is valid */
  async function write (method: string, path: string, body?: unknown): Promise<Answer['json']> {
    const { status, json } = await call(method, path, body)
    if (status >= 300) throw new Refused(`${method} ${path}: ${status} ${JSON.stringify(json)}`)
    counts.acknowledged++
    return json
  }

  function expect (key: string, what: string, path: string, holds: (answer: Answer) => boolean): void {
    expected.set(key, {
      what,
      async check () {
        const answer = await call('GET', path)
        return holds(answer) ? undefined : `${answer.status} ${JSON.stringify(answer.json).slice(0, 200)}`
      }
    })
  }

  function expectToServe (...possible: (string | null)[]): void {
    expect(
      'serving',
      `of ${source} to ${target} serves ${possible.map(id => id ?? 'none').join(' or ')}`,
      `/v1/maps?source=${source}&target=${target}&state=active`,
      ({ json }) => {
        const active = (json['maps'] as { id: string }[]).map(({ id }) => id)
        return active.length <= 1 && possible.includes(active[0] ?? null)
      }
    )
  }

  const vector = () => Array.from({ length: 4 }, () => random.next() - 0.5)
  const idOf = (json: Answer['json']) => json['id'] as string

  const kinds: (() => Promise<void>)[] = [
    async function model () {
      const id = `kill-${seed}-${serial++}`
      await write('POST', '/v1/models', { id, title: id, version: '1', dimension: 8 })
      expect(id, `model ${id}`, `/v1/models/${id}`, ({ status }) => status === 200)
    },
    async function corpus () {
      const id = idOf(await write('POST', '/v1/corpora', { name: 'kills' }))
      const path = `/v1/corpora/${id}`
      const batch = 50
      const count = ({ json }: Answer) =>
        (json['templates'] as { count: number }[]).reduce((sum, { count }) => sum + count, 0)
      for (let uploads = 0; uploads < 4; uploads++) {
        const soFar = uploads
        expect(
          id,
          `${soFar} uploads of ${batch} templates, whole ones`,
          path,
          answer => answer.status === 200 && count(answer) >= soFar * batch && count(answer) % batch === 0
        )
        await write('POST', `${path}/templates?model=${source}`, {
          templates: Array.from(
            { length: batch },
            (_, i) => ({ sample: `${uploads}-${i}`, identity: `${i % 10}`, vector: vector() })
          )
        })
      }
      // It may be gone from here on, and must be once that is acknowledged.
      expect(id, `corpus ${id}`, path, answer => answer.status === 404 || count(answer) === 4 * batch)
      await write('DELETE', path)
      expect(id, `corpus ${id} is deleted`, path, ({ status }) => status === 404)
    },
    async function map () {
      const pairs = Array.from(
        { length: 30 },
        (_, i) => ({
          sample: `${i}`,
          identity: `${i % 15}`,
          source: { vector: vector() },
          target: { vector: vector() }
        })
      )
      const id = idOf(await write('POST', '/v1/maps', { source, target, method: 'procrustes', pairs }))
      const path = `/v1/maps/${id}`
      expect(id, `map ${id}`, path, ({ status, json }) => status === 200 && json['card'] !== undefined)
      // Until a change is acknowledged either may serve, and one of them does.
      expectToServe(serving, id)
      await write('POST', `${path}/activate`)
      expectToServe(serving = id)
      if (random.next() < 0.5) return
      expectToServe(id, null)
      await write('DELETE', path)
      expect(id, `map ${id} is retired`, path, ({ json }) => json['state'] === 'retired')
      expectToServe(serving = null)
    },
    async function gallery () {
      const id = idOf(await write('POST', '/v1/galleries', { name: 'kills' }))
      const path = `/v1/galleries/${id}`
      const [people, each] = [20, 2]
      const count = ({ json }: Answer) =>
        (json['templates'] as { count: number }[]).reduce((sum, { count }) => sum + count, 0)
      for (let enrolled = 0; enrolled < 3; enrolled++) {
        const soFar = enrolled
        expect(
          id,
          `${soFar} enrolments of ${people * each} templates, whole ones`,
          path,
          answer =>
            answer.status === 200 && count(answer) >= soFar * people * each && count(answer) % (people * each) === 0
        )
        await write('POST', `${path}/templates?model=${source}`, {
          templates: Array.from(
            { length: people * each },
            (_, i) => ({ subject: `${enrolled}-${i % people}`, reference: `${i}`, vector: vector() })
          )
        })
      }
      const subject = `${path}/subjects/${random.integer(3)}-${random.integer(people)}`
      const references = ({ json }: Answer) => (json['templates'] as unknown[]).length
      expect(
        id,
        `the templates of gallery ${id} but perhaps those of a subject`,
        path,
        answer => answer.status === 200 && [0, each].includes(3 * people * each - count(answer))
      )
      expect(subject, `${subject}, whole`, subject, answer => answer.status === 404 || references(answer) === each)
      await write('DELETE', subject)
      expect(
        id,
        `the templates of gallery ${id} but those of a subject`,
        path,
        answer => answer.status === 200 && count(answer) === (3 * people - 1) * each
      )
      expect(subject, `${subject} is deleted`, subject, ({ status }) => status === 404)
      if (random.next() < 0.5) return
      expect(id, `gallery ${id}`, path, answer => answer.status === 404 || count(answer) === (3 * people - 1) * each)
      await write('DELETE', path)
      expect(id, `gallery ${id} is deleted`, path, ({ status }) => status === 404)
    },
    async function key () {
      const id = idOf(await write('POST', '/v1/api-keys', { name: 'kills', scopes: ['verify'] }))
      const mine = ({ json }: Answer) =>
        (json['apiKeys'] as { id: string, revokedAt: string | null }[]).find(one => one.id === id)
      expect(id, `key ${id}`, '/v1/api-keys?limit=1000', answer => mine(answer) !== undefined)
      await write('DELETE', `/v1/api-keys/${id}`)
      expect(id, `key ${id} is revoked`, '/v1/api-keys?limit=1000', answer => mine(answer)?.revokedAt != null)
    }
  ]

  return {
    counts,

    /** The spaces of its own that every kind needs. */
    async prepare (): Promise<void> {
      for (const id of [source, target]) {
        await write('POST', '/v1/models', { id, title: id, version: '1', dimension: 4 })
      }
    },

    /** Writes until the service is gone. @throws Refused */
    async writeUntilGone (): Promise<void> {
      for (;;) {
        try {
          await kinds[random.integer(kinds.length)]!()
        } catch (error) {
          if (error instanceof Refused) throw error
          counts.interrupted++
          return
        }
      }
    },

    /** Everything that differs from what was acknowledged. */
    async lost (): Promise<string[]> {
      const lost: string[] = []
      for (const { what, check } of expected.values()) {
        const why = await check()
        if (why !== undefined) lost.push(`${what}: ${why}`)
      }
      return lost
    }
  }
}

/** The service refused a valid request. */
class Refused extends Error {
  override readonly name = 'Refused'
}
