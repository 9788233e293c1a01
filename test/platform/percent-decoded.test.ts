import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { percentDecoded } from '../../src/platform/percent-decoded.js'

test('whatever is encoded is decoded to what it was', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), text => {
    assert.equal(percentDecoded(encodeURIComponent(text)), text)
  }))
})

test('escapes that are cut off, not hexadecimal or not UTF-8 are undefined, and never thrown', () => {
  for (const text of ['%', '%4', '%zz', 'caf%E9', '%C3', '%ED%A0%80', '%C0%AF', '100%']) {
    assert.equal(percentDecoded(text), undefined, text)
  }
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom('%', '4', '1', 'c', '3', 'a', 'z') }), text => {
    const decoded = percentDecoded(text)
    if (!text.includes('%')) assert.equal(decoded, text)
  }))
})
