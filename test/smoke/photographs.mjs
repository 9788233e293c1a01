import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from './client.mjs'

/** Two photographs of one person, one of another: decided within a model and across two. */
export async function comparePhotographs ({ call, step, folder }) {
  const people = []
  for (const entry of (await readdir(folder, { withFileTypes: true })).filter(entry => entry.isDirectory()).map(entry => entry.name).sort()) {
    const files = (await readdir(join(folder, entry))).filter(name => /\.(jpe?g|png|webp|avif|tiff?|gif)$/i.test(name)).sort()
    if (files.length >= (people.length === 0 ? 2 : 1)) people.push(files.map(file => join(folder, entry, file)))
    if (people.length === 2) break
  }
  expect(people.length === 2, `--photos ${folder}`, 'folders of two people, two photographs of the first', `${people.length}`)
  const [[one, same], [other]] = people
  const image = async file => (await readFile(file)).toString('base64')

  for (const [probeModel, referenceModel] of [['r512', 'r512'], ['r512', 'dlib128']]) {
    for (const [file, decision, title] of [[same, 'match', 'the same person'], [other, 'non-match', 'another person']]) {
      await step(`two photographs of ${title}, ${probeModel} against ${referenceModel}`, async () => {
        const json = { probe: { image: await image(one), model: probeModel }, reference: { image: await image(file), model: referenceModel } }
        const result = (await call('POST /v1/verifications', { json })).json
        expect(result.decision === decision, `${one} and ${file}`, decision, result)
        return { note: `score ${result.score.toFixed(3)}, threshold ${result.threshold.toFixed(3)}` }
      })
    }
  }
}
