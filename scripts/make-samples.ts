/**
 * Writes samples/: the files that the commands of README and docs use. They belong to nobody: they are drawn from the
 * Gaussian of the shipped profile of `r512`, and from invented spaces, identically at every run.
 *
 *   npm run samples
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot } from '../src/config.js'
import { readProfiles } from '../src/features/guard/profile-files.js'
import { rowRange, type TemplateMatrix } from '../src/science/linear-algebra/matrix.js'
import { createRandom, type Random } from '../src/science/linear-algebra/random.js'
import { base64OfFloat32 } from '../src/science/template/float32.js'
import { writeNpy } from '../src/science/template/npy.js'
import type { SpaceProfile } from '../src/science/guard/guard-profile.js'
import { gaussian, syntheticPairs } from '../test/support/synthetic-pairs.js'

const model = 'r512'
const people = 12
const imagesEach = 2
/** Of the variance between images of one person, against that of all images. */
const within = 0.2

/**
 * One template: `mean + z U^-1`, whose whitening `(x - mean) U` is z.
 * @param z (d)
 */
function templateOf ({ mean, whitening, summary }: SpaceProfile, z: Float64Array): Float32Array {
  const d = mean.length
  const x = new Float64Array(d)
  // U is upper triangular: forward substitution from the first column.
  for (let column = 0; column < d; column++) {
    let sum = z[column]!
    for (let row = 0; row < column; row++) sum -= x[row]! * whitening.data[row * d + column]!
    x[column] = sum / whitening.data[column * d + column]!
  }
  const shifted = x.map((value, i) => value + mean[i]!)
  const length = Math.hypot(...shifted)
  return Float32Array.from(shifted, value => value / length * summary.norm.median)
}

function drawTemplates (profile: SpaceProfile, random: Random): TemplateMatrix {
  const d = profile.mean.length
  const data = new Float32Array(people * imagesEach * d)
  for (let person = 0; person < people; person++) {
    const own = Float64Array.from({ length: d }, () => gaussian(random) * Math.sqrt(1 - within))
    for (let image = 0; image < imagesEach; image++) {
      data.set(
        templateOf(profile, own.map(value => value + gaussian(random) * Math.sqrt(within))),
        (person * imagesEach + image) * d
      )
    }
  }
  return { rows: people * imagesEach, cols: d, data }
}

const folder = join(projectRoot, 'samples')
const profile = (await readProfiles(join(projectRoot, 'maps'))).find(({ space }) => space.model === model)!.profile
const templates = drawTemplates(profile, createRandom(20260410))
const names = Array.from(
  { length: templates.rows },
  (_, row) => ({ subject: `member ${Math.floor(row / imagesEach) + 1}`, reference: `${row % imagesEach + 1}` })
)
const lines = names.map((name, row) =>
  JSON.stringify({
    ...name,
    attributes: { site: row % 4 < 2 ? 'west' : 'east' },
    data: base64OfFloat32(rowRange(templates, row, row + 1).data)
  })
)
await mkdir(join(folder, 'evaluation'), { recursive: true })
await writeFile(join(folder, 'templates.npy'), writeNpy(templates))
await writeFile(join(folder, 'members.ndjson'), lines.join('\n') + '\n')
await writeFile(
  join(folder, 'members.csv'),
  ['subject,reference', ...names.map(({ subject, reference }) => `${subject},${reference}`)].join('\n') + '\n'
)

const { samples, identities, source, target } = syntheticPairs({
  identities: 60,
  imagesEach: 3,
  dSource: 16,
  dTarget: 12,
  spread: 0.25
})
await writeFile(
  join(folder, 'evaluation', 'samples.csv'),
  ['sample,identity', ...samples.map((sample, i) => `${sample},${identities[i]}`)].join('\n') + '\n'
)
await writeFile(join(folder, 'evaluation', 'old.npy'), writeNpy(source))
await writeFile(join(folder, 'evaluation', 'new.npy'), writeNpy(target))
console.log(`wrote ${folder}`)
