/**
 * The two things that the smoke test needs of HTTP and NumPy, on nothing but Node: requests to a base URL, and
 * templates as .npy.
 */

import { setTimeout as delay } from 'node:timers/promises'

export class Failure extends Error {
  name = 'Failure'

  constructor (what, expected, received) {
    super(`${what}\n    expected ${expected}\n    received ${received}`)
  }
}

/** @param {string} what is being checked, in the words of the message that a failure gives */
export function expect (holds, what, expected, received) {
  if (!holds) {
    throw new Failure(what, expected, typeof received === 'string' ? received : shorten(JSON.stringify(received)))
  }
}

/** Does it again and again until it succeeds, for so many seconds; then its failure is that of the step. */
export async function eventually (work, seconds) {
  for (const end = Date.now() + seconds * 1000;;) {
    try {
      return await work()
    } catch (error) {
      if (Date.now() > end) throw error
      await delay(100)
    }
  }
}

const shorten = (text = 'nothing') => text.length > 600 ? `${text.slice(0, 600)}… (${text.length} characters)` : text

/**
 * Requests to the service: `call('POST /v1/maps', { json, … })` gives the answer, whose status has to be `status`.
 *
 * @param {string | undefined} key API key that every request carries
 */
export function createClient (base, timeout, key) {
  return async function call (route, { query = {}, json, body, type, accept, headers = {}, status = 200 } = {}) {
    const [method, path] = route.split(' ')
    const url = new URL(base.replace(/\/$/, '') + path)
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
    const response = await fetch(url, {
      method,
      body: json === undefined ? body : JSON.stringify(json),
      headers: {
        ...(json === undefined
          ? type === undefined ? {} : { 'content-type': type }
          : { 'content-type': type ?? 'application/json' }),
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...(accept === undefined ? {} : { accept }),
        ...headers
      },
      signal: AbortSignal.timeout(timeout)
    }).catch(error => {
      throw new Failure(route, 'an answer', `${error.message}${error.cause ? `: ${error.cause.message}` : ''}`)
    })
    const bytes = Buffer.from(await response.arrayBuffer())
    const statuses = [status].flat()
    expect(
      statuses.includes(response.status),
      route,
      `status ${statuses.join(' or ')}`,
      `${response.status}: ${shorten(bytes.toString('utf8'))}`
    )
    const media = response.headers.get('content-type') ?? ''
    return {
      status: response.status,
      headers: response.headers,
      type: media.split(';')[0],
      bytes,
      get json () {
        return JSON.parse(bytes.toString('utf8'))
      }
    }
  }
}

/** float32 values of little-endian bytes. */
export function floats (bytes) {
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4))
}

/** Little-endian bytes of float32 values. */
export function floatBytes (values) {
  const bytes = Buffer.alloc(values.length * 4)
  values.forEach((value, i) => bytes.writeFloatLE(value, i * 4))
  return bytes
}

/** One template as .npy of shape (1, d) (NEP 1, version 1.0). */
export function npyOf (values) {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (1, ${values.length}), }`
  const text = header.padEnd(Math.ceil((10 + header.length + 1) / 64) * 64 - 11) + '\n'
  const prefix = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, text.length & 255, text.length >> 8])
  return Buffer.concat([prefix, Buffer.from(text, 'latin1'), floatBytes(values)])
}

/** The one template of an .npy file. */
export function valuesOfNpy (bytes) {
  expect(
    bytes.subarray(1, 6).toString('latin1') === 'NUMPY',
    'an .npy answer',
    'the magic bytes',
    bytes.subarray(0, 8).toString('hex')
  )
  const start = 10 + bytes.readUInt16LE(8)
  const header = bytes.subarray(10, start).toString('latin1')
  expect(
    /'descr': '<f4'/.test(header) && /'shape': \(1, \d+\)/.test(header),
    'an .npy answer',
    "'<f4' and shape (1, d)",
    header
  )
  return floats(bytes.subarray(start))
}

export const norm = values => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))

export const cosine = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0) / norm(a) / norm(b)

/** Largest difference of two vectors in any component; infinite when their lengths differ. */
export const difference = (a, b) =>
  a.length === b.length ? a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0) : Infinity
