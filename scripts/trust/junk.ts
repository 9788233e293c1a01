import { Agent, request } from 'node:http'
import { createRandom, type Random } from '../../src/science/linear-algebra/random.js'
import { boundariesOf, junk, parsed } from './json-junk.js'
import { startOwnService } from './own-service.js'

export interface Spoilt {
  /** bodies that JSON.parse refuses, each with junk at one boundary or at two */
  readonly sent: number
  /** bodies answered with anything but 4xx, with the answer */
  readonly accepted: readonly string[]
  /** the same bodies without junk, all of which were accepted */
  readonly good: number
}

interface Body {
  readonly path: string
  readonly type: string
  readonly text: string
}

/** Connections that send at once. */
const connections = 8
/** One in so many spoilt bodies is followed by one without junk. */
const goodEvery = 50

/**
 * Sends bodies with junk at their boundaries, as JSON and as lines of it, to operations that decide, translate and
 * enrol.
 */
export async function sendJunk (
  { bodies: count, seed }: { readonly bodies: number, readonly seed: number }
): Promise<Spoilt> {
  const server = await startOwnService({ changes: { LOG_LEVEL: 'fatal' } })
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const accepted: string[] = []
  let [sent, good] = [0, 0]
  const post = (body: Body) => send(agent, server.url, body)
  try {
    const bodies = await bodiesFor(post)
    const sendSome = async (random: Random) => {
      while (sent < count) {
        const body = bodies[random.integer(bodies.length)]!
        const text = spoil(body.text, random)
        if (isTaken({ ...body, text })) continue
        const number = ++sent
        const { status } = await post({ ...body, text })
        // A fault in an earlier line may be reported first.
        if (status < 400 || status >= 500) accepted.push(`${status} to ${body.path}: ${text}`)
        if (number % goodEvery !== 0) continue
        const answer = await post(body)
        if (answer.status !== 200) {
          throw new Error(`expected 200 to ${body.path}: ${body.text}, received ${answer.status} ${answer.text}`)
        }
        good++
      }
    }
    await Promise.all(Array.from({ length: connections }, (_, i) => sendSome(createRandom(seed * connections + i))))
    return { sent, accepted, good }
  } finally {
    agent.destroy()
    await server.stop()
  }
}

/** A body for each way to send templates. */
async function bodiesFor (post: (body: Body) => Promise<{ status: number, text: string }>): Promise<Body[]> {
  const json = 'application/json'
  const created = async (path: string) =>
    (JSON.parse((await post({ path, type: json, text: '{"name":"junk"}' })).text) as { id: string }).id
  const [corpus, gallery] = [await created('/v1/corpora'), await created('/v1/galleries')]
  const vectors = ['[0.25,-0.5,1e-1,0.75]', '[-1, 0.5, 0.25, 3]']
  const data = vectors.map(vector =>
    Buffer.from(Float32Array.from(JSON.parse(vector) as number[]).buffer).toString('base64')
  )
  return [vectors.map(vector => `"vector":${vector}`), data.map(text => `"data":"${text}"`)].flatMap((
    [first, second],
    form
  ) => [
    {
      path: '/v1/verifications',
      type: json,
      text:
        `{"probe":{"template":{"model":"example-a",${first}}},"reference":{"template":{"model":"example-a",${second}}},"fmr":0.01}`
    },
    {
      path: `/v1/corpora/${corpus}/templates?model=example-a`,
      type: json,
      text: `{"templates":[{"sample":"a${form}",${first}},{"sample":"b${form}",${second}}]}`
    },
    {
      path: `/v1/corpora/${corpus}/templates?model=example-a`,
      type: 'application/x-ndjson',
      text: `{"sample":"a${form}",${first}}\n{"sample":"b${form}",${second}}\n`
    },
    {
      path: `/v1/galleries/${gallery}/templates?model=example-a`,
      type: json,
      text: `{"templates":[{"subject":"a${form}",${first}},{"subject":"b${form}",${second},"quality":1}]}`
    },
    {
      path: `/v1/galleries/${gallery}/templates?model=example-a`,
      type: 'application/x-ndjson',
      text: `{"subject":"a${form}",${first}}\n{"subject":"b${form}",${second},"quality":1}\n`
    }
  ])
}

function spoil (text: string, random: Random): string {
  let spoilt = text
  for (let times = 1 + random.integer(2); times > 0; times--) {
    const boundaries = boundariesOf(spoilt)
    const at = boundaries[random.integer(boundaries.length)]!
    spoilt = spoilt.slice(0, at) + junk[random.integer(junk.length)]! + spoilt.slice(at)
  }
  return spoilt
}

/** Whether JSON.parse takes the body, or each of its lines. */
function isTaken ({ type, text }: Body): boolean {
  const texts = type === 'application/json' ? [text] : text.split('\n').filter(line => !/^[ \t\r]*$/.test(line))
  return texts.every(one => parsed(one) !== undefined)
}

async function send (agent: Agent, url: string, { path, type, text }: Body): Promise<{ status: number, text: string }> {
  return await new Promise((resolve, reject) => {
    request(url + path, {
      agent,
      method: 'POST',
      headers: { 'content-type': type, 'content-length': Buffer.byteLength(text) }
    }, async response => {
      const chunks: Buffer[] = []
      try {
        for await (const chunk of response) chunks.push(chunk as Buffer)
        resolve({ status: response.statusCode!, text: Buffer.concat(chunks).toString() })
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)))
      }
    }).on('error', reject).end(text)
  })
}
