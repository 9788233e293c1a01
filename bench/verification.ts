import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateLoad } from './load.js'
import { answerSchema, answerTo, startBareRoute } from './peers.js'
import type { ServerProcess } from './processes.js'
import { alternate, comparison, median, warmUpsOfServers } from './rounds.js'
import { amount, markdownTable, type MeasureOptions, type Section } from './section.js'
import { startBuiltService, withFolder, withServers } from './service.js'
import { serveMap, syntheticPairs } from './spaces.js'
import { json, source, target } from './translation.js'

export const path = '/v1/verifications'

/** Template against template of two models, beside a bare route. */
export async function measure (options: MeasureOptions): Promise<Section> {
  return await withFolder(async folder =>
    await withServers({ service: () => startBuiltService() }, async ({ service }) => {
      await serveMap(service.url, source, target)
      const body = await writeVerification(folder)
      const route = {
        path,
        schema: await answerSchema(service.url, path),
        answer: await answerTo(service.url + path, body)
      }
      return await withServers({
        unguarded: () => startBuiltService({ GUARD: 'off' }),
        bare: () => startBareRoute(route, folder)
      }, async ({ unguarded, bare }) => {
        await serveMap(unguarded.url, source, target)
        const send = (server: ServerProcess) => async () =>
          (await generateLoad({ url: server.url + path, body, headers: json, connections: 16, seconds: 2 }))
            .requestsPerSecond
        options.log(' template against template of two models')
        const rates = await alternate(
          { service: send(service), unguarded: send(unguarded), bare: send(bare) },
          options,
          warmUpsOfServers
        )
        return {
          title: 'Verification',
          markdown:
            `A template of one model against one of another, 512 dimensions each, as JSON numbers; compared in the space that was chosen
when the map between them was fitted. 16 connections. The bare route parses the same body and serialises the same answer.

` +
            markdownTable(['who', 'verifications/s'], [
              ['the service', amount(median(rates.service))],
              ['the service, guard off', amount(median(rates.unguarded))],
              ['bare Fastify route', amount(median(rates.bare))]
            ]),
          figures: [
            ...comparison('across two models, against the bare route', rates.service, rates.bare, 0.7),
            ...comparison('across two models, guard off, against the bare route', rates.unguarded, rates.bare)
          ]
        }
      })
    })
  )
}

/** Writes the body that is sent into a folder: two images of one person, under the two models. @returns its file */
export async function writeVerification (folder: string): Promise<string> {
  const body = join(folder, 'verification.body')
  const [person] = syntheticPairs(source.dimension, target.dimension, { identities: 1, imagesEach: 1, seed: 2 })
  const side = (model: string, vector: Float32Array) => ({ template: { model, vector: Array.from(vector) } })
  await writeFile(
    body,
    JSON.stringify({ probe: side(source.id, person!.source), reference: side(target.id, person!.target) })
  )
  return body
}
