import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { join } from 'node:path'
import { projectRoot } from '../../../src/config.js'
import { examples } from '../../../src/platform/http/documented-examples.js'
import { call, startService, type Answer, type Json, type RunningService } from '../../support/service.js'
import { portrait } from '../../support/photographs.js'

describe('bytes that are not what they claim to be', () => {
  let running: RunningService
  const template = examples.templates.dlib128
  before(async () => {
    running = await startService({ config: { corsOrigins: ['https://console.example'] } })
  })
  after(() => running.stop())

  const corpus = async (): Promise<string> =>
    (await call(running.url, 'POST', '/v1/corpora', { json: { name: 'bytes' } })).json.id
  const latin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))
  const refusals = async (answers: readonly Promise<Answer>[], status: number, code: string): Promise<Answer[]> => {
    const all = await Promise.all(answers)
    for (const { status: received, json } of all) {
      assert.deepEqual([received, json.code], [status, code], JSON.stringify(json))
    }
    return all
  }

  test('two people in Latin-1 are not one: bytes other than UTF-8 are refused everywhere', async () => {
    const id = await corpus()
    const path = `/v1/corpora/${id}/templates?model=example-a`
    const form = (csv: Uint8Array<ArrayBuffer>) => {
      const body = new FormData()
      body.append('templates', new Blob([new Uint8Array(80 + 16)]), 'templates.npy')
      body.append('samples', new Blob([csv]), 'samples.csv')
      return body
    }
    const line = '{"sample":"1","identity":"M\xfcller","vector":[1,2,3,4]}'
    await refusals(
      [
        call(running.url, 'POST', path, {
          body: latin1(`{"templates":[${line}]}`),
          headers: { 'content-type': 'application/json' }
        }),
        call(running.url, 'POST', path, {
          body: latin1(`{"templates":[${line.replace('"vector":[1,2,3,4]', '"data":"AACAPwAAAEAAAEBAAACAQA=="')}]}`),
          headers: { 'content-type': 'application/json' }
        }),
        call(running.url, 'POST', path, { body: latin1(line), headers: { 'content-type': 'application/x-ndjson' } }),
        call(running.url, 'POST', '/v1/corpora', {
          body: latin1('{"name":"M\xfcller"}'),
          headers: { 'content-type': 'application/json' }
        })
      ],
      400,
      'body-invalid'
    )
    await refusals(
      [call(running.url, 'POST', path, { body: form(latin1('sample\nM\xfcller\n')) })],
      400,
      'body-invalid'
    )
    await refusals(
      [
        ...['M%FCller', '%C0%AF', '%ED%A0%80', '%', '%zz'].map(name =>
          call(running.url, 'DELETE', `/v1/corpora/${id}/samples?identity=${name}`)
        ),
        call(running.url, 'GET', '/v1/corpora?%FC=1'),
        call(running.url, 'GET', '/v1/models/M%FCller')
      ],
      400,
      'request-invalid'
    )
    for (const name of ['M\xfcller', 'M\xc3\xbcller']) {
      assert.equal(await statusOfRaw(running.url, 'DELETE', `/v1/corpora/${id}/samples?identity=${name}`), 400)
    }
    assert.equal((await call(running.url, 'GET', `/v1/corpora/${id}`)).json.samples, 0)
    assert.equal((await call(running.url, 'DELETE', `/v1/corpora/${id}/samples?identity=M%C3%BCller`)).status, 200)
  })

  test('a charset other than UTF-8 is 415, whatever the bytes are', async () => {
    const send = (type: string, body = '{"name":"a"}') =>
      call(running.url, 'POST', '/v1/corpora', { body, headers: { 'content-type': type } })
    const id = await corpus()
    await refusals(
      [
        send('application/json; charset=iso-8859-1'),
        send('application/json;charset="windows-1252"'),
        send('application/json; CHARSET=utf-16'),
        send('application/json; charset=utf-8; charset=latin1'),
        send('application/json; charset='),
        call(running.url, 'POST', `/v1/corpora/${id}/templates?model=example-a`, {
          body: '{"sample":"a","vector":[1,2,3,4]}',
          headers: { 'content-type': 'application/x-ndjson; charset=us-ascii' }
        })
      ],
      415,
      'media-type-unsupported'
    )
    for (
      const type of [
        'application/json; charset=utf-8',
        'application/json;charset=UTF8',
        'application/json; a="; charset=latin1"; charset="UTF-8"'
      ]
    ) assert.equal((await send(type)).status, 201, type)
  })

  test('a byte order mark before JSON is refused by name', async () => {
    const [{ json }] = await refusals(
      [call(running.url, 'POST', '/v1/corpora', {
        body: '\ufeff{"name":"a"}',
        headers: { 'content-type': 'application/json' }
      })],
      400,
      'body-invalid'
    ) as [Answer]
    assert.match(json.detail, /without a byte order mark/)
  })

  test('an unsupported coding is 415, and the answer names the supported one', async () => {
    const send = (coding: string, path = '/v1/corpora', type = 'application/json') =>
      call(running.url, 'POST', path, {
        body: '{"name":"a"}',
        headers: { 'content-type': type, 'content-encoding': coding }
      })
    const answers = await refusals(
      [
        send('gzip'),
        send('br'),
        send('identity, gzip'),
        send('x'),
        send('gzip', '/v1/embeddings', 'image/jpeg'),
        send('deflate', '/v1/translations?source=r512&target=dlib128', 'application/octet-stream')
      ],
      415,
      'media-type-unsupported'
    )
    for (const { headers } of answers) assert.equal(headers.get('accept-encoding'), 'identity')
    assert.equal((await send('identity')).status, 201)
    assert.equal((await send('Identity')).status, 201)
  })

  test('base64 of a template has one valid text, to the bit', async () => {
    const send = (data: string) =>
      call(running.url, 'POST', '/v1/translations', {
        json: { target: 'r512', templates: [{ model: 'dlib128', data }] }
      })
    assert.equal((await send(template)).status, 200)
    const [bytes, padded] = [Buffer.from(template, 'base64'), template.endsWith('=')]
    assert.ok(padded)
    const at = template.length >> 1
    const damaged = [
      template.replace(/=+$/, ''),
      `${template}=`,
      `${template}\n`,
      ` ${template}`,
      `${template} `,
      template.slice(0, at) + '\r\n' + template.slice(at),
      template.slice(0, at) + '!' + template.slice(at + 1),
      template.slice(0, at) + '=' + template.slice(at + 1),
      template.slice(0, at) + '\u0141' + template.slice(at + 1),
      bytes.toString('base64url'),
      // The bits behind the last byte.
      template.replace(
        /(.)(=+)$/,
        (_, last: string, padding: string) => String.fromCharCode(last.charCodeAt(0) + 1) + padding
      )
    ]
    await refusals(damaged.map(send), 422, 'template-invalid')
  })

  test('an image is accepted as base64, folded as in MIME, and as a data URI with any parameters', async () => {
    const face = examples.face.replace(/^data:[^,]*,/, '')
    const send = (image: string) => call(running.url, 'POST', '/v1/embeddings?models=dlib128', { json: { image } })
    const folded = face.replace(/.{76}/g, '$&\r\n')
    for (
      const [name, image] of Object.entries({
        plain: face,
        folded,
        'folded and ended': `${folded}\r\n`,
        'unix folded': folded.replaceAll('\r', ''),
        uri: `data:image/jpeg;base64,${face}`,
        parameters: `data:image/jpeg;charset=x;base64,${face}`,
        'quoted parameter': `data:image/jpeg;name="a,b;base64,";base64,${face}`,
        'no type': `data:;base64,${face}`,
        upper: `DATA:image/JPEG;BASE64,${face}`,
        escaped: `data:image/png;base64,${encodeURIComponent(face)}`
      })
    ) assert.equal((await send(image)).status, 200, name)
    await refusals(
      [
        `data:image/jpeg,${face}`,
        `${face}!`,
        face.slice(0, 50) + ' ' + face.slice(50),
        face.slice(0, 50) + '\r' + face.slice(50),
        `${face.replace(/=+$/, '')}===`,
        'data:image/jpeg;base64,',
        `data:image/jpeg;base64,%${face}`,
        `data:${'"'.repeat(1_000_000)}`,
        `data:${';'.repeat(999)}${' '.repeat(1_000_000)}`
      ].map(send),
      415,
      'image-unsupported'
    )
  })

  test('image/jpg and image/pjpeg are image/jpeg', async () => {
    const body = new Uint8Array(await readFile(portrait))
    for (const type of ['image/jpeg', 'image/jpg', 'IMAGE/JPG', 'image/pjpeg']) {
      assert.equal(
        (await call(running.url, 'POST', '/v1/embeddings?models=dlib128', { body, headers: { 'content-type': type } }))
          .status,
        200,
        type
      )
    }
  })

  test('pages of an allowed origin may use every documented header, both ways', async () => {
    const { paths, components } = JSON.parse(
      await readFile(join(projectRoot, 'openapi', 'openapi.json'), 'utf8')
    ) as Json
    const operations: Json[] = Object.values(paths as Json).flatMap((path: Json) => Object.values(path))
    const sent = operations.flatMap(({ parameters = [] }) => parameters).filter(({ in: place }: Json) =>
      place === 'header'
    ).map(({ name }: Json) => name)
    const answered = [components, ...operations].flatMap(({ responses }) =>
      Object.values(responses).flatMap(({ headers = {} }: Json) => Object.keys(headers))
    )
    const list = (answer: Answer, name: string) => (answer.headers.get(name) ?? '').toLowerCase().split(', ')
    const headers = { origin: 'https://console.example' }
    const preflight = await call(running.url, 'OPTIONS', '/v1/maps', {
      headers: { ...headers, 'access-control-request-method': 'POST' }
    })
    assert.equal(preflight.status, 204)
    for (const name of new Set<string>(['authorization', 'content-type', 'x-request-id', ...sent])) {
      assert.ok(list(preflight, 'access-control-allow-headers').includes(name.toLowerCase()), name)
    }
    const read = await call(running.url, 'GET', '/v1/models', { headers })
    assert.equal(read.headers.get('access-control-allow-origin'), headers.origin)
    for (
      const name of new Set<string>([
        'retry-after',
        'x-request-id',
        'crosswalk-map',
        'crosswalk-guard',
        'www-authenticate',
        ...answered
      ])
    ) assert.ok(list(read, 'access-control-expose-headers').includes(name.toLowerCase()), name)
    // What is no preflight, or another's, is no method of ours.
    for (const others of [headers, { origin: 'https://elsewhere.example', 'access-control-request-method': 'POST' }]) {
      const { status, json } = await call(running.url, 'OPTIONS', '/v1/maps', { headers: others })
      assert.deepEqual([status, json.code], [405, 'method-not-allowed'])
    }
  })
})

/** The status of a request whose address is sent as these bytes, which `fetch` would escape. */
async function statusOfRaw (url: string, method: string, path: string): Promise<number | undefined> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.end(`${method} ${path} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\n\r\n`, 'latin1')
  let answer = ''
  for await (const chunk of socket) answer += String(chunk)
  return Number(/^HTTP\/1.1 (\d{3})/.exec(answer)?.[1])
}
