import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { exampleMapId } from '../../platform/http/documented-examples.js'
import * as media from '../../platform/http/media-types.js'
import { describeToAudit } from '../audit/index.js'
import { closed } from '../../platform/http/schemas/component.js'
import { MapDocument, MapId } from '../catalogue/index.js'
import { problems } from '../../platform/http/schemas/problem.js'

const Binary = { schema: Type.Unsafe<Buffer>({ type: 'string', format: 'binary' }) }

/** Maps: export to another service, and import from one. */
const routes: FastifyPluginAsyncTypebox = async app => {
  const { bundles } = app.service

  app.get('/maps/:id/bundle', {
    config: { access: 'admin', audit: 'decision' },
    schema: {
      operationId: 'exportMap',
      tags: ['maps'],
      summary: 'Take a map to another service',
      description:
        `The map with its card, calibration and comparison space, signed by this service: \`POST /v1/maps/import\` of a service that trusts
its key takes it, and \`crosswalk verify-bundle\` checks it without a service. Whoever has the numbers of a map can translate without
anybody's leave, hence the scope.`,
      params: Type.Object({ id: Type.Unsafe<string>({ ...MapId, examples: [exampleMapId] }) }, closed),
      response: {
        200: { description: 'The bundle.', content: { [media.bundle]: Binary } },
        ...problems('request-invalid', 'map-unknown', 'signing-key-missing')
      }
    }
  }, async (request, reply) => {
    const { id } = request.params
    const bytes = await bundles.export(id)
    describeToAudit(request, { maps: [id] })
    return await reply.type(media.bundle).header('content-disposition', `attachment; filename="${id}.crosswalk"`).send(
      bytes
    )
  })

  app.post('/maps/import', {
    config: { access: 'admin', audit: 'change' },
    schema: {
      operationId: 'importMap',
      tags: ['maps'],
      summary: 'Take a map from another service',
      description:
        `Of the file that \`GET /v1/maps/{id}/bundle\` gave. Nothing in it is read before its signature is that of a trusted key
(\`TRUSTED_KEYS_DIR\`, and the key of this service). The map keeps its id and is stored as \`fitted\`: look at its card, then activate it. Both
models have to be registered here with the same fingerprints.`,
      body: { content: { [media.bundle]: Binary } },
      response: {
        200: { ...MapDocument, description: 'The map is there already.' },
        201: { ...MapDocument, description: 'The map with its card.' },
        ...problems(
          'request-invalid',
          'body-invalid',
          'bundle-untrusted',
          'model-unknown',
          'fingerprint-mismatch',
          'map-exists',
          'body-too-large',
          'media-type-unsupported',
          'bundle-invalid'
        )
      }
    }
  }, async (request, reply) => {
    const { map, created } = await bundles.import(request.body as Buffer)
    describeToAudit(request, { models: [map.source.model, map.target.model], maps: [map.id] })
    return await reply.code(created ? 201 : 200).header('location', `/v1/maps/${map.id}`).header('etag', map.etag).send(
      map
    )
  })
}

export default routes
