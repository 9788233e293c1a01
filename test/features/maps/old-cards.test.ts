import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { projectRoot } from '../../../src/config.js'
import type { Card } from '../../../src/science/cards/card.js'
import { exampleMapId, examples } from '../../../src/platform/http/documented-examples.js'
import { readMapFolder, writeMap } from '../../../src/features/maps/map-files.js'
import { call, startService, type RunningService } from '../../support/service.js'

/** A card as version 1 had it: without everything that came later. */
function cardOfVersion1 ({ verdict, baselines, learningCurve, groups, ...card }: Card): Card {
  const withoutDetails = ({ det, scores, identification, ...metrics }: Card['evaluation']['crossModel']) => metrics
  const { crossModel, sourceAlone, targetAlone, unaligned } = card.evaluation
  return {
    ...card,
    schemaVersion: 1,
    evaluation: {
      crossModel: withoutDetails(crossModel),
      sourceAlone: withoutDetails(sourceAlone),
      targetAlone: withoutDetails(targetAlone),
      unaligned: withoutDetails(unaligned)
    }
  }
}

describe('maps with cards of version 1', () => {
  let folder: string
  let running: RunningService
  let card: Card

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crosswalk-maps-'))
    const shipped = await readMapFolder(join(projectRoot, 'maps'))
    const { sha256, ...map } = shipped.find(({ id }) => id === exampleMapId)!
    card = cardOfVersion1(map.card)
    await writeMap(join(folder, 'old'), { ...map, card })
    running = await startService({ config: { mapsDir: folder } })
  })
  after(async () => {
    await running?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  test('are listed and read as they were written', async () => {
    assert.ok(
      (await call(running.url, 'GET', '/v1/maps')).json.maps.some(({ id }: { id: string }) => id === exampleMapId)
    )
    const { status, json } = await call(running.url, 'GET', `/v1/maps/${exampleMapId}`)
    assert.equal(status, 200)
    assert.deepEqual(json.card, card)
  })

  test('serve verifications', async () => {
    const { status, json } = await call(running.url, 'POST', '/v1/verifications', {
      json: {
        probe: { template: { model: 'example-a', vector: [...examples.pairs[0]!.source.vector] } },
        reference: { template: { model: 'example-b', vector: [...examples.pairs[0]!.target.vector] } },
        fmr: 0.1
      }
    })
    assert.equal(status, 200, JSON.stringify(json))
    assert.equal(json.map.id, exampleMapId)
    assert.equal(typeof json.threshold, 'number')
  })
})
