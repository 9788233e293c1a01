import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { projectRoot } from '../src/config.js'
import { disposableMapId, exampleCorpusId, exampleMapId } from '../src/operations/examples.js'
import { writeMap } from '../src/operations/map-files.js'
import type { StoredMap } from '../src/store/maps.js'
import { forEach, listPhotographs } from './photographs.js'
import { ApiError, call, postJson, startService } from './running-service.js'

/**
 * Fits the maps that ship with the project and writes them with their cards into maps/: the six directed maps of the
 * pack, from photographs, and the map of the documentation's examples. It uses the service's own API.
 *
 * Half of the identities are held out, so that there are enough to calibrate with, and so that a report on them is
 * honest (`npm run report:recognition`).
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
  const corpus = await call<{ id: string }>(`${v1}/corpora`, postJson({ name: 'photographs for the shipped maps' }))
  const photographs = await listPhotographs(resolve(options.photographs))
  console.log(`${photographs.length} photographs of ${new Set(photographs.map(({ identity }) => identity)).size} people`)
  await forEach(photographs, 4, async ({ path, sample, identity }) => {
    const query = new URLSearchParams({ sample, identity, models: models.join() })
    await call(`${v1}/corpora/${corpus.id}/images?${query}`, { method: 'POST', headers: { 'content-type': 'application/octet-stream' }, body: await readFile(path) })
      .catch((error: unknown) => {
        if (!(error instanceof ApiError)) throw error
        console.log(`${sample}: ${error.message}`)
      })
  })
  for (const source of models) {
    for (const target of models) {
      if (source === target) continue
      await ship(await fit({ source, target, corpus: corpus.id, seed: Number(options.seed), heldOutFraction: 0.5 }))
    }
  }
  const example = { source: 'example-a', target: 'example-b', corpus: exampleCorpusId }
  await ship(await fit(example), exampleMapId)
  await ship(await fit({ ...example, method: 'procrustes' }), disposableMapId, 'example-to-retire')
} finally {
  await running.stop()
}

async function fit (request: object): Promise<StoredMap> {
  return await call<StoredMap>(`${v1}/maps`, postJson(request))
}

async function ship (map: StoredMap, id = idOf(map.sha256), name = `${map.source.model}-to-${map.target.model}`): Promise<void> {
  const { source, target, corpusHash, card } = map
  const space = ({ model, fingerprint, dimension }: StoredMap['source']) => ({ model, fingerprint, dimension })
  await writeMap(join(projectRoot, 'maps', name),
    { id, source: space(source), target: space(target), corpusHash, card, numbers: await running.service.catalogue.numbers(map) })
  const point = card.evaluation.crossModel.operatingPoints.find(({ fmr }) => fmr === 1e-3)
  console.log(`${source.model} to ${target.model}: ${card.method}, TMR ${point?.tmr?.toFixed(3)} at FMR 1e-3`)
}

/** The id of a shipped map is made of its digest (a UUID of version 8): other numbers are another map. */
function idOf (sha256: string): string {
  const digits = sha256.slice(0, 12) + '8' + sha256.slice(13, 16) + '8' + sha256.slice(17, 32)
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
