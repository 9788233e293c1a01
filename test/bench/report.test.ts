import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { writeSection } from '../../bench/report.js'
import { amount, type Section } from '../../bench/section.js'

const section = (value: number): Section => ({
  title: 'Speed',
  markdown: 'How it was measured.',
  figures: [{ name: 'ratio', value, target: 1, spread: [value / 2, value * 2] }]
})

test('a section replaces what stands between its markers, and nothing else', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'crosswalk-bench-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'performance.md')
  await writeFile(
    file,
    '# Performance\n\nbefore\n\n<!-- bench speed -->\n\nold\n\n<!-- end of bench speed -->\n\nafter\n'
  )

  await writeSection(file, 'speed', section(0.5), 'Measured here.')
  const once = await readFile(file, 'utf8')
  assert.match(
    once,
    /^# Performance\n\nbefore\n\n<!-- bench speed -->\n\n\| figure .*\n\nHow it was measured\.\n\nMeasured here\.\n\n<!-- end of bench speed -->\n\nafter\n$/s
  )
  assert.match(once, /\| ratio \| 0\.5 \| 0\.25 to 1 \| at least 1 \| \*\*not met\*\* \|/)

  await writeSection(file, 'speed', section(0.5), 'Measured here.')
  assert.equal(await readFile(file, 'utf8'), once)

  await writeSection(file, 'size', section(2), 'Measured there.')
  assert.match(
    await readFile(file, 'utf8'),
    /after\n\n## Speed\n\n<!-- bench size -->.*\| met \|.*Measured there\.\n\n<!-- end of bench size -->\n$/s
  )
})

test('amounts have three significant digits, in groups', () => {
  assert.deepEqual([0.94712, 12.34, 71_432, 10_000_000, 0, NaN].map(amount), [
    '0.947',
    '12.3',
    '71,400',
    '10,000,000',
    '0',
    'NaN'
  ])
})
