import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { terminalLine } from '../../src/platform/terminal-lines.js'

const entry = { level: 30, time: new Date(2026, 0, 2, 3, 4, 5).getTime(), pid: 1, hostname: 'here' }

describe('a log line on a terminal', () => {
  test('says when, what and how long in words', () => {
    const line = { ...entry, reqId: 'r', res: { statusCode: 200 }, responseTime: 12.4, msg: 'request completed' }
    assert.equal(terminalLine(JSON.stringify(line)), '03:04:05  request completed  200  12 ms\n')
    const started = { ...entry, req: { method: 'GET', path: '/v1/maps' }, map: 'm', msg: 'incoming request' }
    assert.equal(terminalLine(JSON.stringify(started)), '03:04:05  incoming request  GET /v1/maps  map=m\n')
  })

  test('names what is serious, with the stack of an error', () => {
    const line = { ...entry, level: 50, msg: 'failed', err: { message: 'x', stack: 'Error: x\n    at y' } }
    assert.equal(
      terminalLine(JSON.stringify(line)),
      '03:04:05  error  failed\n          Error: x\n              at y\n'
    )
  })

  test('moves no cursor and changes no colour, whatever a caller wrote', () => {
    const line = { ...entry, msg: 'a\u001b[31mred\u0007\r', name: 'x\u001b]0;title\u0007' }
    assert.doesNotMatch(terminalLine(JSON.stringify(line)).trimEnd(), /\p{Cc}/u)
  })

  test('leaves what is no log line as it is', () => {
    assert.equal(terminalLine('plain\n'), 'plain\n')
  })
})
