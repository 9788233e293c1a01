import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Figures, PairResult } from '../../scripts/paper/protocol.js'
import { meanAndDeviation, renderTables, replaceSection } from '../../scripts/paper/table.js'

const figures = (value: number): Figures => ({
  rank1SameImage: value,
  rank1: value / 2,
  tmrPooled: value / 4,
  tmr: value / 5
})

const result = (own: PairResult['own']): PairResult => ({
  source: 'r512',
  target: 'mbf128',
  paper: {
    unaligned: [figures(0.01), figures(0.03)],
    procrustes: [figures(0.5), figures(0.7)],
    linear: [figures(0.8), figures(0.6)],
    ridge: [figures(0.6), figures(0.9)]
  },
  own
})

test('mean and standard deviation are those of a sample', () => {
  assert.deepEqual(meanAndDeviation([1, 2, 3]), { mean: 2, deviation: 1 })
  assert.deepEqual(meanAndDeviation([4]), { mean: 4, deviation: 0 })
  assert.throws(() => meanAndDeviation([]), RangeError)
})

test('a table has the spread over seeds, and compares with the best of the three on the first split', () => {
  const text = renderTables([result({ ...figures(0.85), chosen: 'ridge 0.1' })], [42, 123])
  assert.match(
    text,
    /\| r512 \| mbf128 \| 0\.020 ± 0\.014 \| 0\.600 ± 0\.141 \| 0\.700 ± 0\.141 \| 0\.750 ± 0\.212 \| 0\.800 \| 0\.850 \| ridge 0\.1 \|/
  )
  assert.match(text, /best of the three by pair, in hindsight, seed 42 \| 0\.800 \|/)
})

test("without the project's own fit its columns are left out", () => {
  const text = renderTables([result(null)], [42, 123])
  assert.doesNotMatch(text, /Crosswalk|best of/)
})

test('only the named section of a document is replaced, again and again', () => {
  const document = '# Title\n<!-- begin a -->\nold\n<!-- end a -->\nprose\n<!-- begin b -->\n<!-- end b -->\n'
  const once = replaceSection(document, 'a', 'new')
  assert.equal(once, '# Title\n<!-- begin a -->\n\nnew\n\n<!-- end a -->\nprose\n<!-- begin b -->\n<!-- end b -->\n')
  assert.equal(replaceSection(once, 'a', 'new'), once)
  assert.throws(() => replaceSection(document, 'c', 'new'), /<!-- begin c -->/)
})
