import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import { exampleMapId } from '../../platform/http/documented-examples.js'
import { CreatedHeaders } from '../../platform/http/conditions.js'
import * as media from '../../platform/http/media-types.js'
import { describeToAudit } from '../audit/index.js'
import { closed } from '../../platform/http/schemas/component.js'
import { MapDocument, MapId } from '../catalogue/index.js'
import { problems } from '../../platform/http/schemas/problem.js'
import { attachment, binary, sendAttachment } from './attachment.js'
import portableRoutes from './portable-routes.js'

const sendBundle = (reply: FastifyReply, id: string, bytes: Buffer) =>
  sendAttachment(reply, media.bundle, `${id}.crosswalk`, bytes)

/** Maps: export to another service, and import from one. */
const routes: FastifyPluginAsyncTypebox = async app => {
  const { bundles } = app.service
  await app.register(portableRoutes)

  app.get('/maps/:id/bundle', {
    config: { access: 'admin', audit: 'decision' },
    schema: {
      operationId: 'exportMap',
      tags: ['maps'],
      summary: 'Export a map',
      description:
        `The map with its card, calibration, comparison space and the guard's profiles of its models, signed by this ` +
        `service. A service that trusts its key accepts it at \`POST /v1/maps/import\`; \`crosswalk verify-bundle\` checks it without a ` +
        `service. Anyone who has the numbers of a map can translate without permission, hence the scope.`,
      params: Type.Object({ id: Type.Unsafe<string>({ ...MapId, examples: [exampleMapId] }) }, closed),
      response: {
        200: attachment('The bundle.', media.bundle),
        ...problems('request-invalid', 'map-unknown', 'signing-key-missing')
      }
    }
  }, async (request, reply) => {
    const { id } = request.params
    const bytes = await bundles.export(id)
    describeToAudit(request, { maps: [id] })
    return await sendBundle(reply, id, bytes)
  })

  // Public, as the documentation is that links to it: the example spaces and the map are those of the repository.
  app.get('/maps/import/example', {
    config: { access: 'public' },
    schema: { hide: true, querystring: Type.Object({}, closed) }
  }, async (_request, reply) => await sendBundle(reply, 'example', await bundles.example()))

  app.post('/maps/import', {
    config: { access: 'admin', audit: 'change' },
    schema: {
      operationId: 'importMap',
      tags: ['maps'],
      summary: 'Import a map',
      description:
        `The body is a file from \`GET /v1/maps/{id}/bundle\`. Its content is read only after its signature is ` +
        `verified with a trusted key (\`TRUSTED_KEYS_DIR\`, and the key of this service). The map keeps its id ` +
        `and is stored as \`fitted\`: read its card, then activate it. Both models must be registered here ` +
        `with the same fingerprints.\n\n` +
        `To try it, download [a bundle of the example spaces](/v1/maps/import/example) and choose it below.`,
      body: binary(media.bundle),
      response: {
        200: { ...MapDocument, headers: CreatedHeaders, description: 'The map was imported before.' },
        201: { ...MapDocument, headers: CreatedHeaders, description: 'The map with its card.' },
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
