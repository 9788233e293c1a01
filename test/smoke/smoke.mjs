#!/usr/bin/env node
/**
 * A user's session with a running service, from an image to a decision across models, over HTTP alone.
 *
 *   node smoke.mjs [--url http://127.0.0.1:8080] [--timeout 60] [--key-file FILE] [--photos FOLDER] [--read-only]
 *                  [--check]
 *
 * --url       of the service
 * --timeout   seconds to wait for it to be ready, and for each answer
 * --key-file  holds an API key with every scope; without it no key is sent. Not an option of its own: the arguments of
 * a
 *             process are shown to everybody on the machine.
 * --photos    a folder with a folder for each person, with two photographs or more of the first person and one of the
 *             second: those two are compared with each other as well
 * --read-only leaves out what writes: corpus, fit, activation. Without it, what is made is deleted or retired again;
 * two
 *             template-only models, `smoke-a` and `smoke-b`, stay registered, and the retired maps stay readable.
 *
 * --check     compares every request and answer with the OpenAPI document of the service, and fails on any difference;
 *             needs the packages of this repository
 *
 * Prints a line for each step, then `N passed, 0 failed`. Ends with 1 and says which step, what was expected and what
 * was received when one fails. Needs Node 20 and, without --check, nothing else.
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { createClient, eventually, expect, Failure } from './client.mjs'
import { maps } from './maps.mjs'
import { comparePhotographs } from './photographs.mjs'
import { session } from './session.mjs'

const { values: options } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:8080' },
    timeout: { type: 'string', default: '60' },
    'key-file': { type: 'string' },
    photos: { type: 'string' },
    'read-only': { type: 'boolean', default: false },
    check: { type: 'boolean', default: false }
  }
})
const seconds = Number(options.timeout)
if (!(seconds > 0)) throw new Error(`--timeout: expected seconds, received ${options.timeout}`)

const key = options['key-file'] === undefined ? undefined : readFileSync(options['key-file'], 'utf8').trim()
const proxy = options.check ? await startProxy() : undefined
const url = proxy?.url ?? options.url
const call = createClient(url, seconds * 1000, key)
let passed = 0
let current = ''

/** Of a service that may still be starting. */
async function startProxy () {
  const { startCheckingProxy } = await import('./proxy.mjs')
  return await eventually(() => startCheckingProxy(options.url), seconds)
}

/** Runs one step of the session; `work` returns what is worth a word in the line that is printed. */
async function step (title, work) {
  current = title
  const started = performance.now()
  const { note = '', ...result } = await work() ?? {}
  passed++
  console.log(`ok ${passed} ${title}${note === '' ? '' : `: ${note}`} (${Math.round(performance.now() - started)} ms)`)
  return result
}

try {
  const { examples } = await session({ call, step, seconds })
  if (key !== undefined) {
    await step('it asks for a key', async () => {
      const stranger = createClient(url, seconds * 1000)
      for (const route of ['GET /v1/models', 'POST /v1/translations', 'POST /v1/api-keys', 'GET /metrics']) {
        await stranger(route, { status: 401 })
      }
    })
  }
  if (options.photos !== undefined) await comparePhotographs({ call, step, folder: options.photos })
  if (!options['read-only']) await maps({ call, step, examples })
  if (proxy !== undefined) {
    await step('every request and answer is as the document says', async () => {
      const findings = proxy.findings()
      expect(findings.length === 0, 'exchanges against /openapi.json', 'no finding', findings.join('\n    '))
      return { note: `${proxy.seen().length} kinds of answers` }
    })
  }
  console.log(`\n${passed} passed, 0 failed`)
} catch (error) {
  console.error(`not ok ${passed + 1} ${current}\n  ${error instanceof Failure ? error.message : error.stack}`)
  console.log(`\n${passed} passed, 1 failed`)
  process.exitCode = 1
}
// The connection that an answer without a body came over keeps Node 20 alive until the server closes it, a minute
// later.
process.exit()
