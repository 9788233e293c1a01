import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { Problem } from '../../errors.js'
import { sendTagged } from '../../platform/http/conditions.js'
import { ModelId } from '../../science/template/space.js'
import { closed } from '../../platform/http/schemas/component.js'
import { requireFurtherScope, type Scope } from '../access/index.js'
import type { Catalogue } from '../catalogue/index.js'
import { placeOf } from '../verifications/index.js'
import { renderComparePage, type ComparePage } from './compare-page.js'
import { maxEvaluations, renderEvaluationsPage } from './evaluations-page.js'
import { maxGalleries, renderGalleriesPage, renderGalleryPage } from './galleries-page.js'
import { maxVersions, renderMapsPage, type ShownModel } from './maps-page.js'
import { clientFiles, type OwnFile, sampleFiles } from './own-files.js'
import sessions from './session-routes.js'
import { explorerPolicy } from './style.js'

interface ExplorerOptions {
  /** whether callers need keys: then browsers can sign in with one */
  readonly keysRequired: boolean
  /** folder of the sample photographs */
  readonly samples: string
  /** recogniser for images */
  readonly defaultModel: string
}

/** What a key needs to compare photographs. */
const scopesToCompare: readonly Scope[] = ['embed', 'verify']

/**
 * The explorer: pages for people, outside the OpenAPI document. Their scripts call the public API, so that a page can
 * do what its reader's key may do, and nothing else.
 */
const routes: FastifyPluginAsyncTypebox<ExplorerOptions> = async (app, { keysRequired, samples, defaultModel }) => {
  const { catalogue, evaluations, galleries, maps, models } = app.service
  const [scripts, photographs] = [clientFiles(), sampleFiles(samples)]
  const sampleNames = [...photographs.keys()].filter(name => !name.includes('-'))
    .map(file => ({ file, small: file.replace('.', '-small.') }))

  app.addHook('onRequest', (_request, reply, done) => {
    // Without a referrer, browsers send forms of this page with the origin `null`.
    reply.header('content-security-policy', explorerPolicy).header('referrer-policy', 'same-origin')
    done()
  })

  app.get('/', {
    config: { access: 'any-key', page: true },
    schema: { hide: true, querystring: Type.Object({}, closed) }
  }, async (request, reply) => {
    const { caller } = request
    const { may, signedInAs } = readerOf(request)
    return await sendHtml(
      reply,
      renderComparePage({
        models: modelsToCompare(catalogue, defaultModel),
        samples: sampleNames,
        missing: scopesToCompare.filter(scope => !may(scope)),
        signedInAs,
        keys: keysRequired,
        budgeted: caller !== null && caller.templatesPerDay !== null
      })
    )
  })

  app.get('/explorer/maps', {
    config: { access: 'any-key', page: true },
    schema: {
      hide: true,
      querystring: Type.Object({ source: Type.Optional(ModelId), target: Type.Optional(ModelId) }, closed)
    }
  }, async (request, reply) => {
    const { query: { source, target } } = request
    const { may, signedInAs } = readerOf(request)
    const pair = source === undefined || target === undefined
      ? undefined
      : { source, target, versions: (await maps.list({ source, target, limit: maxVersions })).items }
    return await sendHtml(
      reply,
      renderMapsPage({
        models: shown((await models.list({ limit: maxModels })).items),
        active: catalogue.activeMaps().filter(map => map.source.current && map.target.current),
        pair,
        mayChange: may('admin'),
        mayFit: may('fit'),
        signedInAs
      })
    )
  })

  app.get('/explorer/evaluations', {
    config: { access: 'any-key', page: true },
    schema: { hide: true, querystring: Type.Object({}, closed) }
  }, async (request, reply) => {
    const { items } = await evaluations.list({ limit: maxEvaluations })
    return await sendHtml(reply, renderEvaluationsPage(items, readerOf(request).signedInAs))
  })

  app.get('/explorer/galleries', {
    config: { access: 'any-key', page: true },
    schema: { hide: true, querystring: Type.Object({}, closed) }
  }, async (request, reply) => {
    const reader = readerOf(request)
    const listed = reader.may('identify') ? (await galleries.list({ limit: maxGalleries })).items : undefined
    const counted = listed && await Promise.all(listed.map(({ id }) => galleries.get(id)))
    return await sendHtml(reply, renderGalleriesPage(counted, reader))
  })

  app.get('/explorer/galleries/:id', {
    config: { access: 'any-key', page: true },
    schema: {
      hide: true,
      params: Type.Object({ id: Type.String({ maxLength: 64 }) }, closed),
      querystring: Type.Object({}, closed)
    }
  }, async (request, reply) => {
    const spaces = catalogue.spaces()
    const all = spaces.map(({ model }) => model).sort()
    const embedding = spaces.filter(({ canEmbed }) => canEmbed).map(({ model }) => model).sort()
    const reader = readerOf(request)
    // Those who may search galleries or fill them know of them.
    if (!reader.may('enrol')) requireFurtherScope(request, reply, 'identify')
    const gallery = await galleries.get(request.params.id)
    return await sendHtml(reply, renderGalleryPage(gallery, { embedding, all }, reader))
  })

  // Public: the scripts are those of the repository, and the photographs those of a package.
  for (const [folder, files] of [['client', scripts], ['samples', photographs]] as const) {
    app.get(`/explorer/${folder}/:file`, {
      config: { access: 'public' },
      schema: {
        hide: true,
        params: Type.Object({ file: Type.String({ maxLength: 100 }) }, closed),
        querystring: Type.Object({}, closed)
      }
    }, async (request, reply) => await sendFile(request, reply, files.get(request.params.file)))
  }

  if (keysRequired) await app.register(sessions)
}

/** Who reads a page, and what their key may do. */
const readerOf = ({ caller, sessionEnd }: FastifyRequest) => ({
  signedInAs: caller === null || sessionEnd === null ? null : caller.name,
  may: (scope: Scope) => caller === null || caller.scopes.includes(scope)
})

const sendHtml = (reply: FastifyReply, html: string) => reply.type('text/html; charset=utf-8').send(html)

async function sendFile (request: FastifyRequest, reply: FastifyReply, file: OwnFile | undefined) {
  if (file === undefined) throw new Problem('route-unknown', `expected a file of the explorer, received ${request.url}`)
  reply.type(file.type)
  return await sendTagged(request, reply, file.etag, file.bytes)
}

/** Models that a page lists. */
const maxModels = 1000

const shown = (models: readonly (Omit<ShownModel, 'isHub'> & { readonly manifest: object })[]): ShownModel[] =>
  models.map(({ id, title, dimension, canEmbed, licence, manifest }) => ({
    id,
    title,
    dimension,
    canEmbed,
    licence,
    isHub: 'hub' in manifest
  }))

/** The models that can embed, and the two between which a map does best: the page begins with what it is about. */
function modelsToCompare (catalogue: Catalogue, defaultModel: string): ComparePage['models'] {
  const embedding = catalogue.spaces().filter(({ canEmbed }) => canEmbed).map(({ model }) => model).sort()
  const first = embedding.includes(defaultModel) ? defaultModel : embedding[0] ?? ''
  const partners = catalogue.activeMaps().flatMap(map => {
    const partner = map.source.model === first ? map.target.model : map.target.model === first ? map.source.model : ''
    return embedding.includes(partner) && partner !== first ? [{ partner, tmr: placeOf(map).tmr }] : []
  }).sort((a, b) => b.tmr - a.tmr)
  return { embedding, first, second: partners[0]?.partner ?? first }
}

export default routes
