import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type, type Static } from 'typebox'
import { exampleMapId } from '../../platform/http/documented-examples.js'
import * as media from '../../platform/http/media-types.js'
import { closed, Enumeration } from '../../platform/http/schemas/component.js'
import { problems } from '../../platform/http/schemas/problem.js'
import { describeToAudit } from '../audit/index.js'
import { MapId } from '../catalogue/index.js'
import { attachment, sendAttachment } from './attachment.js'
import type { PortableFile } from './bundles.js'
import { portableParts } from './portable-map.js'

const Params = Type.Object({ id: Type.Unsafe<string>({ ...MapId, examples: [exampleMapId] }) }, closed)
const Part = Type.Object({
  part: Enumeration(portableParts, {
    default: 'translation',
    examples: ['translation'],
    description:
      '`translation` takes source templates to the target space. `source` and `target` project templates of that side to ' +
      'where the map compares them: scores are inner products of the two.'
  })
}, closed)

const signatureName = (name: string) => `${name}.sig`
const nameOf = (id: string, file: PortableFile) =>
  file.format === 'onnx' ? `${id}.${file.part}.onnx` : `${id}.safetensors`

const scopeReason = 'Anyone who has the numbers of a map can translate without permission, hence the scope.'
const signatureDescription =
  'Ed25519 (RFC 8032) over the bytes of the file, 64 bytes, with the key that signs bundles. The same map gives the ' +
  'same file. `crosswalk verify-bundle FILE` checks it, and so does `openssl pkeyutl -verify -rawin`.'

/** Maps as files for other runtimes, with the signature of each. */
const routes: FastifyPluginAsyncTypebox = async app => {
  const { bundles } = app.service

  async function sendFile (
    request: FastifyRequest<{ Params: Static<typeof Params> }>,
    reply: FastifyReply,
    file: PortableFile,
    { type, signature = false }: { type: string, signature?: boolean }
  ) {
    const { id } = request.params
    const bytes = await (signature ? bundles.signature(id, file) : bundles.portable(id, file))
    describeToAudit(request, { maps: [id] })
    const name = nameOf(id, file)
    return await sendAttachment(reply, type, signature ? signatureName(name) : name, bytes)
  }

  app.get(
    '/maps/:id/onnx',
    {
      config: { access: 'admin', audit: 'decision' },
      schema: {
        operationId: 'downloadMapOnnx',
        tags: ['maps'],
        summary: 'Download a map as an ONNX graph',
        description:
          'One graph that normalises, applies the map and normalises again, of standard operators (operator set 17): `templates` ' +
          '(n, d) float32 to `translated` or `projected` (n, k). Its metadata name the map, both spaces and the thresholds ' +
          `of the comparison. It has the calibration that is active. ${scopeReason}`,
        params: Params,
        querystring: Part,
        response: {
          200: attachment('The graph.', media.onnx),
          ...problems('request-invalid', 'map-unknown')
        }
      }
    },
    async (request, reply) =>
      await sendFile(request, reply, { format: 'onnx', part: request.query.part }, { type: media.onnx })
  )

  app.get('/maps/:id/onnx/signature', {
    config: { access: 'admin', audit: 'decision' },
    schema: {
      operationId: 'downloadMapOnnxSignature',
      tags: ['maps'],
      summary: 'Download the signature of an ONNX graph',
      description: signatureDescription,
      params: Params,
      querystring: Part,
      response: {
        200: attachment('The signature.', media.rawFloat32),
        ...problems('request-invalid', 'map-unknown', 'signing-key-missing')
      }
    }
  }, async (request, reply) =>
    await sendFile(request, reply, { format: 'onnx', part: request.query.part }, {
      type: media.rawFloat32,
      signature: true
    }))

  app.get('/maps/:id/safetensors', {
    config: { access: 'admin', audit: 'decision' },
    schema: {
      operationId: 'downloadMapSafetensors',
      tags: ['maps'],
      summary: 'Download a map as safetensors',
      description:
        'The numbers of the map and of both sides of its comparison space, float32, in one file; its metadata say how they ' +
        `are applied. It has the calibration that is active. ${scopeReason}`,
      params: Params,
      response: {
        200: attachment('The tensors.', media.safetensors),
        ...problems('request-invalid', 'map-unknown')
      }
    }
  }, async (request, reply) => await sendFile(request, reply, { format: 'safetensors' }, { type: media.safetensors }))

  app.get(
    '/maps/:id/safetensors/signature',
    {
      config: { access: 'admin', audit: 'decision' },
      schema: {
        operationId: 'downloadMapSafetensorsSignature',
        tags: ['maps'],
        summary: 'Download the signature of a safetensors file',
        description: signatureDescription,
        params: Params,
        response: {
          200: attachment('The signature.', media.rawFloat32),
          ...problems('request-invalid', 'map-unknown', 'signing-key-missing')
        }
      }
    },
    async (request, reply) =>
      await sendFile(request, reply, { format: 'safetensors' }, { type: media.rawFloat32, signature: true })
  )
}

export default routes
