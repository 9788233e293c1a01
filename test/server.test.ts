import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { programOf } from '../bench/processes.js'
import { examples } from '../src/platform/http/documented-examples.js'
import { prepareDataDirectory } from './support/prepared.js'
import { eventually } from './support/eventually.js'

describe('the signal to end', () => {
  test('under load, a stop loses no request, closes connections with an answer and exits with 0', async t => {
    const folder = await mkdtemp(join(tmpdir(), 'crosswalk-shutdown-'))
    t.after(() => rm(folder, { recursive: true, force: true }))
    await prepareDataDirectory(folder)
    const child = spawn(process.execPath, programOf('src/server'), {
      env: {
        ...process.env,
        HOST: '',
        DATABASE_URL: '',
        PORT: '0',
        DATA_DIR: folder,
        LOG_LEVEL: 'warn',
        MAX_WAIT: '60000',
        EMBED_THREADS: '1',
        SHUTDOWN_DELAY: '1500'
      },
      stdio: ['ignore', 'pipe', 'inherit']
    })
    t.after(() => child.kill('SIGKILL'))
    const url = await address(child)
    const exited = once(child, 'exit')

    const agent = new Agent({ keepAlive: true })
    t.after(() => agent.destroy())
    const body = JSON.stringify({ target: 'r512', templates: [{ model: 'dlib128', data: examples.templates.dlib128 }] })
    const outcomes: string[] = []
    let closed = false
    const callers = Array.from({ length: 6 }, async () => {
      // Until the answer says that the connection ends here, as a proxy would turn elsewhere then.
      for (let closing = false; !closing;) {
        const answer = await send(`${url}/v1/translations`, agent, body)
        outcomes.push(answer.outcome)
        closing = answer.closing || answer.outcome !== '200'
        closed ||= answer.closing
      }
    })
    // Rows on their way through, of which the second half is sent when the end has begun.
    const rows = Buffer.alloc(4 * 128 * 4000)
    for (let i = 0; i < rows.length; i += 4) rows.writeFloatLE(Math.sin(i), i)
    const stream = startStream(`${url}/v1/translations?source=dlib128&target=r512`)
    stream.write(rows.subarray(0, rows.length / 2))
    await eventually('some requests to be served', () => outcomes.length, count => count > 20)
    child.kill('SIGTERM')
    await eventually(
      'not to be ready',
      async () => {
        const ready = await fetch(`${url}/health/ready`)
        return { status: ready.status, text: await ready.text() }
      },
      ({ status, text }) => status === 503 && /shutting down/.test(text)
    )
    stream.end(rows.subarray(rows.length / 2))
    await Promise.all(callers)
    assert.deepEqual(await stream.ended, { outcome: '200', bytes: 4 * 512 * 4000 })
    assert.deepEqual([...new Set(outcomes)], ['200'])
    assert.ok(closed)
    assert.deepEqual(await exited, [0, null])
  })
})

async function address (child: ChildProcess): Promise<string> {
  let output = ''
  for await (const chunk of child.stdout!) {
    output += String(chunk)
    const found = /http:\/\/[\w.:]+/.exec(output)?.[0]
    if (found === undefined) continue
    child.stdout!.resume()
    return found
  }
  throw new Error(`the service ended:\n${output}`)
}

async function send (url: string, agent: Agent, body: string): Promise<{ outcome: string, closing: boolean }> {
  return await new Promise(resolve => {
    request(url, {
      method: 'POST',
      agent,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    }, response => {
      response.on(
        'end',
        () => resolve({ outcome: String(response.statusCode), closing: response.headers.connection === 'close' })
      ).resume()
    }).on('error', error => resolve({ outcome: error.message, closing: true })).end(body)
  })
}

function startStream (url: string) {
  const type = 'application/octet-stream'
  const sending = request(url, { method: 'POST', headers: { 'content-type': type, accept: type } })
  let bytes = 0
  const ended = new Promise<{ outcome: string, bytes: number }>(resolve => {
    sending.on('response', response => {
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      }).on('end', () => resolve({ outcome: String(response.statusCode), bytes }))
      response.on('error', error => resolve({ outcome: error.message, bytes }))
    })
    sending.on('error', error => resolve({ outcome: error.message, bytes }))
  })
  return { ended, write: (rows: Buffer) => sending.write(rows), end: (rows: Buffer) => sending.end(rows) }
}
