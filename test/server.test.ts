import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { programOf } from '../bench/processes.js'
import { examples } from '../src/platform/http/documented-examples.js'

describe('the signal to end', () => {
  test('under load, a stop loses no request, closes connections with an answer and exits with 0', async t => {
    const folder = await mkdtemp(join(tmpdir(), 'crosswalk-shutdown-'))
    t.after(() => rm(folder, { recursive: true, force: true }))
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
    const seen = { closing: false, notReady: false }
    const callers = Array.from({ length: 6 }, async () => {
      // Until the answer says that the connection ends here, as a proxy would turn elsewhere then.
      for (let closing = false; !closing;) {
        const answer = await send(`${url}/v1/translations`, agent, body)
        outcomes.push(answer.outcome)
        closing = answer.closing || answer.outcome !== '200'
        seen.closing ||= answer.closing
      }
    })
    // Larger than what is in flight when the signal comes: rows on their way through, slowly.
    const rows = Buffer.alloc(4 * 128 * 4000)
    for (let i = 0; i < rows.length; i += 4) rows.writeFloatLE(Math.sin(i), i)
    const stream = slowly(`${url}/v1/translations?source=dlib128&target=r512`, rows)
    await setTimeout(500)
    child.kill('SIGTERM')
    await setTimeout(300)
    const ready = await fetch(`${url}/health/ready`)
    seen.notReady = ready.status === 503 && /shutting down/.test(await ready.text())
    await Promise.all(callers)
    const { outcome, bytes } = await stream
    assert.deepEqual({ outcome, bytes }, { outcome: '200', bytes: 4 * 512 * 4000 })
    assert.deepEqual([...new Set(outcomes)], ['200'])
    assert.ok(outcomes.length > 20, `${outcomes.length} were served`)
    assert.deepEqual(seen, { closing: true, notReady: true })
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

async function slowly (url: string, rows: Buffer): Promise<{ outcome: string, bytes: number }> {
  const type = 'application/octet-stream'
  return await new Promise(resolve => {
    let bytes = 0
    const sending = request(url, {
      method: 'POST',
      headers: { 'content-type': type, accept: type, 'content-length': rows.length }
    }, response => {
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      }).on('end', () => resolve({ outcome: String(response.statusCode), bytes }))
      response.on('error', error => resolve({ outcome: error.message, bytes }))
    })
    sending.on('error', error => resolve({ outcome: error.message, bytes }))
    const pieces = async function* () {
      for (let at = 0; at < rows.length; at += 2 ** 17) {
        yield rows.subarray(at, at + 2 ** 17)
        await setTimeout(100)
      }
    }
    Readable.from(pieces()).pipe(sending)
  })
}
