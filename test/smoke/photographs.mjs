import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from './client.mjs'

/** Two photographs of one person, one of another: decided within a model and across two. */
export async function comparePhotographs ({ call, step, folder }) {
  const { one, same, other } = await step('it is given photographs', async () => {
    const people = []
    for (const person of (await readdir(folder)).sort().map(name => join(folder, name))) {
      if (!(await stat(person)).isDirectory()) continue
      const files = (await readdir(person)).filter(name => /\.(jpe?g|png|webp|avif|tiff?|gif)$/i.test(name)).sort()
      if (files.length >= (people.length === 0 ? 2 : 1)) people.push(files.map(file => join(person, file)))
      if (people.length === 2) break
    }
    expect(
      people.length === 2,
      `--photos ${folder}`,
      'a folder for each of two people, with two photographs of the first',
      `${people.length} such folders`
    )
    const [[one, same], [other]] = people
    return { one, same, other, note: `${one} and ${same}, against ${other}` }
  })
  const image = async file => (await readFile(file)).toString('base64')

  for (const [probeModel, referenceModel] of [['r512', 'r512'], ['r512', 'dlib128']]) {
    for (const [file, decision, who] of [[same, 'match', 'the same person'], [other, 'non-match', 'another person']]) {
      await step(`it decides on photographs of ${who}, ${probeModel} against ${referenceModel}`, async () => {
        const json = {
          probe: { image: await image(one), model: probeModel },
          reference: { image: await image(file), model: referenceModel }
        }
        const result = (await call('POST /v1/verifications', { json })).json
        expect(result.decision === decision, `${one} and ${file}`, decision, result)
        return { note: `score ${result.score.toFixed(3)}, threshold ${result.threshold.toFixed(3)}` }
      })
    }
  }
}
