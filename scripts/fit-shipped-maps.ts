import { createHash } from 'node:crypto'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { projectRoot } from '../src/config.js'
import { disposableMapId, exampleCorpusId, exampleMapId } from '../src/platform/http/documented-examples.js'
import { writeMap } from '../src/features/maps/map-files.js'
import { writeProfile } from '../src/features/guard/profile-files.js'
import type { StoredMap } from '../src/features/catalogue/store/maps.js'
import { makePhotographCorpus } from './photograph-corpus.js'
import { listPhotographs } from './photographs.js'
import { call, postJson, startService } from './running-service.js'

/**
 * Fits the maps that ship with the project and writes them with their cards into maps/: the six directed maps of the
 * pack, from photographs, and the map of the documentation's examples; and the profiles of the pack's spaces, which
 * come with the fits. It uses the service's own API.
 *
 * Everybody fits the maps. `npm run report:recognition` fits maps of its own on one half of the people and reports on
 * the other.
 */
const { values: options } = parseArgs({
  options: {
    photographs: { type: 'string', default: join(projectRoot, '..', 'shared', 'data', 'lfw-images') },
    seed: { type: 'string', default: '42' }
  }
})
const models = ['r512', 'dlib128', 'faceres1024']

const running = await startService()
const v1 = `${running.url}/v1`
try {
  const photographs = await listPhotographs(resolve(options.photographs))
  console.log(
    `${photographs.length} photographs of ${new Set(photographs.map(({ identity }) => identity)).size} people`
  )
  const corpus = await makePhotographCorpus(v1, photographs, models)
  for (const source of models) {
    for (const target of models) {
      if (source === target) continue
      await ship(await fit({ source, target, corpus, seed: Number(options.seed) }))
    }
  }
  for (const model of models) await shipProfile(model)
  const example = { source: 'example-a', target: 'example-b', corpus: exampleCorpusId }
  await ship(await fit(example), exampleMapId)
  await ship(await fit({ ...example, method: 'procrustes' }), disposableMapId, 'example-to-retire')
} finally {
  await running.stop()
}

async function fit (request: object): Promise<StoredMap> {
  return await call<StoredMap>(`${v1}/maps`, postJson(request))
}

async function ship (map: StoredMap, id?: string, name = `${map.source.model}-to-${map.target.model}`): Promise<void> {
  const { source, target, corpusHash } = map
  const { comparison, ...rest } = map.card
  // Both maps of a pair come with the same comparison space: it ships with one of them.
  const compared = comparison !== undefined && source.model < target.model
  const card = compared ? map.card : rest
  const space = ({ model, fingerprint, dimension }: StoredMap['source']) => ({ model, fingerprint, dimension })
  await writeMap(join(projectRoot, 'maps', name), {
    id: id ?? idOf(map.sha256, card),
    source: space(source),
    target: space(target),
    corpusHash,
    card,
    numbers: await running.service.catalogue.numbers(map),
    comparison: compared ? await running.service.catalogue.comparison(map) : undefined
  })
  const point = card.evaluation.crossModel.operatingPoints.find(({ fmr }) => fmr === 1e-3)
  console.log(
    `${source.model} to ${target.model}: ${card.method}, TMR ${point?.tmr?.toFixed(3)} at FMR 1e-3; ${
      comparison?.selection.reason ?? 'no comparison space'
    }`
  )
}

async function shipProfile (model: string): Promise<void> {
  const { fingerprint, dimension } = running.service.catalogue.space(model)
  const { spaceProfiles } = running.service
  const [profile, stored] = [
    await spaceProfiles.get(fingerprint),
    (await spaceProfiles.list()).find(row => row.fingerprint === fingerprint)
  ]
  if (profile === undefined || stored === undefined) {
    throw new Error(`too few photographs for a profile of ${model}`)
  }
  await writeProfile(join(projectRoot, 'maps'), {
    space: { model, fingerprint, dimension },
    corpusHash: stored.corpusHash,
    profile
  })
  console.log(`${model}: profile of ${profile.summary.templates} templates`)
}

/**
 * The id of a shipped map is made of its digest and its card (a UUID of version 8): other numbers, or other figures,
 * are another map.
 */
function idOf (sha256: string, card: object): string {
  const digest = createHash('sha256').update(sha256).update(JSON.stringify(card)).digest('hex')
  const digits = digest.slice(0, 12) + '8' + digest.slice(13, 16) + '8' + digest.slice(17, 32)
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
