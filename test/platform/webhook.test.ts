import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, test } from 'node:test'
import { createLogger } from '../../src/logger.js'
import { readConfig } from '../../src/config.js'
import { createWebhook } from '../../src/platform/webhook.js'
import { eventually } from '../support/eventually.js'

interface Received {
  readonly headers: NodeJS.Dict<string | string[]>
  readonly event: Record<string, unknown>
}

/** A receiver that gives these answers, and the last of them from then on. */
async function startReceiver (...statuses: number[]) {
  const received: Received[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', part => {
      text += part
    }).on('end', () => {
      received.push({ headers: request.headers, event: JSON.parse(text) })
      const status = statuses[Math.min(received.length, statuses.length) - 1]!
      response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end()
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  after(() => server.close())
  return { received, url: `http://127.0.0.1:${port}/alarms` }
}

const alarm = { type: 'crosswalk.drift.scores', subject: 'a b', data: { probe: 'a', reference: 'b' } }
const silent = createLogger('silent')

test('an alarm is posted as a CloudEvent until the receiver takes it, under one id', async () => {
  const { received, url } = await startReceiver(500, 302, 204)
  const webhook = createWebhook({ url, headers: { authorization: 'Bearer abc' }, source: 'gate' }, silent, [1, 1, 1])
  webhook.raise(alarm)
  await eventually('three attempts', async () => received.length, count => count === 3)
  for (const { headers } of received) {
    assert.equal(headers['content-type'], 'application/cloudevents+json')
    assert.equal(headers['authorization'], 'Bearer abc')
  }
  const { id, time, ...event } = received[0]!.event
  assert.deepEqual(event, {
    specversion: '1.0',
    source: 'gate',
    type: 'crosswalk.drift.scores',
    subject: 'a b',
    datacontenttype: 'application/json',
    data: { probe: 'a', reference: 'b' }
  })
  assert.match(String(id), /^[0-9a-f-]{36}$/)
  assert.ok(Math.abs(Date.parse(String(time)) - Date.now()) < 60_000)
  for (const attempt of received) assert.equal(attempt.event['id'], id)
  assert.equal(webhook.lost(), 0)
  webhook.close()
})

test('an alarm that the receiver does not take is counted and logged, and a closed service stops asking', async () => {
  const { received, url } = await startReceiver(503)
  const lines: string[] = []
  const log = createLogger('warn', { write: line => lines.push(line) })
  const webhook = createWebhook({ url, headers: {}, source: 'gate' }, log, [1])
  webhook.raise(alarm)
  await eventually('the alarm to be lost', async () => webhook.lost(), lost => lost === 1)
  assert.equal(received.length, 2)
  assert.match(lines.join(''), /an alarm was not delivered.*|answered 503/)

  const patient = createWebhook({ url, headers: {}, source: 'gate' }, log, [3_600_000])
  patient.raise(alarm)
  await eventually('the first attempt', async () => received.length, count => count === 3)
  patient.close()
  await eventually('the alarm to be given up', async () => patient.lost(), lost => lost === 1)
  assert.equal(received.length, 3)
})

test('a receiver that is away costs no more than a hundred alarms that wait', async () => {
  const webhook = createWebhook({ url: 'http://127.0.0.1:9/', headers: {}, source: 'gate' }, silent, [3_600_000])
  for (let k = 0; k < 150; k++) webhook.raise(alarm)
  assert.equal(webhook.lost(), 50)
  webhook.close()
  await eventually('those that waited to be given up', async () => webhook.lost(), lost => lost === 150)
})

test('its address and its headers are no secrets to repeat', () => {
  assert.equal(readConfig({}).alarms, undefined)
  const ALARM_WEBHOOK_URL = 'https://alarms.example/hooks/token'
  assert.deepEqual(
    readConfig({ ALARM_WEBHOOK_URL, ALARM_WEBHOOK_HEADERS: 'authorization=Bearer%20abc', OTEL_SERVICE_NAME: 'gate' })
      .alarms,
    { url: ALARM_WEBHOOK_URL, headers: { authorization: 'Bearer abc' }, source: 'gate' }
  )
  for (
    const wrong of [
      { ALARM_WEBHOOK_URL: 'alarms.example/token' },
      { ALARM_WEBHOOK_URL, ALARM_WEBHOOK_HEADERS: 'token' },
      { ALARM_WEBHOOK_URL, ALARM_WEBHOOK_HEADERS: 'authorization=token%zz' }
    ]
  ) {
    assert.throws(
      () => readConfig(wrong),
      (error: Error) => /ALARM_WEBHOOK/.test(error.message) && !error.message.includes('token')
    )
  }
})
