import { ModelId } from '../../../science/template/space.js'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type, type Static } from 'typebox'
import { Problem } from '../../../errors.js'
import type { Disclosure } from '../../../science/scores/disclosure.js'
import { exampleGalleryId, examples } from '../../../platform/http/documented-examples.js'
import { describeToAudit } from '../../audit/index.js'
import { readBase64Image } from '../../../platform/http/bodies/request-body.js'
import { closed, Enumeration, input } from '../../../platform/http/schemas/component.js'
import { AttributesDocument, GalleryId } from '../schemas/gallery.js'
import { Identification, identificationDocument } from '../schemas/identification.js'
import { Base64Image, MinQuality, type LargestFace } from '../../embeddings/index.js'
import { identificationForm, readIdentificationForm } from './identification-form.js'
import { sendLong } from '../../../platform/http/long-answer.js'
import { either } from '../../../platform/http/schemas/either.js'
import { keyProblems, problems } from '../../../platform/http/schemas/problem.js'
import { Label, TemplateDocument } from '../../../platform/http/schemas/template.js'
import { groupTemplates, type KnownSpace } from '../../catalogue/index.js'
import type { Identification as Found } from '../identification.js'
import { readProbeSets, searchesOf, type ReadProbes } from './probe-sets.js'

/** Maximum candidates per request, over all probes: an answer of 35 MB. */
const maxCandidates = 100_000

const IdentificationRequest = input({
  probes: Type.Optional(
    Type.Array(TemplateDocument, {
      minItems: 1,
      maxItems: 1000,
      description: 'Templates of any models; each is searched separately.'
    })
  ),
  sets: Type.Optional(
    Type.Array(
      Type.Object({
        id: Type.Optional(Label("The caller's name for the probe.")),
        templates: Type.Array(TemplateDocument, { minItems: 1, maxItems: 3 })
      }, closed),
      {
        minItems: 1,
        maxItems: 1000,
        description:
          'Instead of `probes`: for each image its templates under several models, at most one of each. Native templates of the gallery are compared with all of them by the active ensemble of these models and their own, as while a gallery is migrated and probes have templates of the old and of the new model. Where there is none, and for translated templates, one of them is: that of their own model, or another one that a map leads to.'
      }
    )
  ),
  image: Type.Optional(Base64Image('An image instead of templates; its largest face is embedded.')),
  model: Type.Optional(
    Type.Unsafe<string>({
      ...ModelId,
      description:
        'The model to embed the image with. When absent: the most frequent model of the gallery if it can embed, else the default model.'
    })
  ),
  aligned: Type.Optional(Type.Boolean({ description: 'The image is a square crop, aligned as ArcFace does.' })),
  minQuality: Type.Optional(MinQuality),
  candidates: Type.Integer({
    minimum: 1,
    maximum: 1000,
    default: 10,
    description: `Maximum number of candidates per probe. Probes times candidates is at most ${maxCandidates}.`
  }),
  belowThreshold: Type.Boolean({
    default: true,
    description:
      'Whether to return candidates below the threshold, marked as such. Without them the answer is the decision, and a search without a threshold for its FPIR is refused.'
  }),
  minScore: Type.Optional(
    Type.Number({
      minimum: -1,
      maximum: 1,
      description:
        'Return only candidates with at least this score. Scores of different groups are not comparable, so a threshold of your own holds for one group.'
    })
  ),
  fpir: Type.Number({
    minimum: 1e-6,
    maximum: 0.5,
    default: 1e-2,
    description:
      'False positive identification rate: the share of searches for people who are not enrolled that may return a candidate above the threshold.'
  }),
  method: Enumeration(['auto', 'exact', 'index'], {
    default: 'auto',
    description:
      '`exact`: compares every template; `index`: uses the index of the database, which finds most of the best, and is refused without one; `auto`: uses the index of a large group if there is one.'
  }),
  efSearch: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1000,
      description:
        'Breadth of an index search, 200 when absent: a larger value finds more of the best and takes longer.'
    })
  ),
  models: Type.Optional(
    Type.Array(Type.Unsafe<string>(ModelId), {
      minItems: 1,
      maxItems: 100,
      description: 'Search only templates of these models.'
    })
  ),
  attributes: Type.Optional({
    ...AttributesDocument,
    description: 'Search only subjects that have all of these attributes.'
  })
}, {
  ...either(
    { needs: ['probes'] },
    { needs: ['sets'] },
    { needs: ['image'], may: ['model', 'aligned', 'minQuality'] }
  ),
  examples: [{
    probes: [{ model: 'example-b', vector: [...examples.pairs[0]!.target.vector] }],
    candidates: 3,
    fpir: 0.1,
    models: ['example-a']
  }]
})
type IdentificationRequest = Static<typeof IdentificationRequest>

/** A request, whose image is its bytes where a form had it. */
type Search = Omit<IdentificationRequest, 'image'> & { readonly image?: string | Uint8Array }

async function searchOf (request: FastifyRequest): Promise<Search> {
  const { bytes, members } = await readIdentificationForm(request, IdentificationRequest.properties)
  return { ...members as unknown as Omit<IdentificationRequest, 'image'>, image: bytes }
}

const routes: FastifyPluginAsyncTypebox = async app => {
  const { access, catalogue, galleries, guard, identify, measures } = app.service

  app.post('/galleries/:id/identifications', {
    config: { access: 'identify', audit: 'decision' },
    schema: {
      operationId: 'identify',
      tags: ['galleries'],
      summary: 'Search a gallery for the subjects of probes',
      description:
        `Nothing is stored. A probe is compared with every template of the gallery, native or translated, of its own model or another;
each group is compared in the comparison space of its map, and candidates of different groups are ordered by log-likelihood
ratio. The threshold bounds the probability of finding a person who is not enrolled in a gallery of this size by \`fpir\`: the
false match rates of all comparisons add up to no more. A subject below the threshold is still a candidate, marked as such;
\`"belowThreshold": false\` leaves it out.

Probes times \`candidates\` is at most ${maxCandidates}. An answer of more than a thousand candidates is streamed: if a failure
cuts it off, its JSON is incomplete, and clients report it as such. Concurrent searches take turns, some probes of each.

A photograph can be sent as a form: \`curl -F image=@a.jpg -F candidates=5\`. Each probe, and each template of \`sets\`, counts as one template in the budget of an API key. What a key is told of scores is fixed when it is issued.`,
      params: Type.Object({ id: { ...GalleryId, examples: [exampleGalleryId] } }, closed),
      body: {
        content: {
          'application/json': { schema: IdentificationRequest },
          'multipart/form-data': { schema: identificationForm }
        }
      },
      response: {
        200: { ...Identification, description: 'The candidates of each probe.' },
        ...problems(
          ...keyProblems,
          'pair-forbidden',
          'budget-exhausted',
          'request-invalid',
          'body-invalid',
          'gallery-unknown',
          'integrity-failed',
          'model-unknown',
          'fingerprint-mismatch',
          'map-missing',
          'map-retired',
          'calibration-missing',
          'index-unavailable',
          'gallery-loading',
          'model-cannot-embed',
          'threshold-unsupported',
          'answer-too-large',
          'template-invalid',
          'template-foreign',
          'body-too-large',
          'image-too-large',
          'media-type-unsupported',
          'image-unsupported',
          'image-damaged',
          'face-missing',
          'face-unclear',
          'quality-low',
          'template-missing'
        )
      }
    }
  }, async (request, reply) => {
    const { params: { id } } = request
    const body: Search = request.isMultipart() ? await searchOf(request) : request.body as IdentificationRequest
    const { candidates, fpir, models, attributes, method, efSearch, belowThreshold, minScore } = body
    const given = body.probes ?? body.sets
    refuseTooMany(given?.length ?? 1, candidates)
    models?.forEach(model => catalogue.space(model))
    const { searches: wanted, guarded, count, face } = await probesOf(id, body, request.exchange.signal)
    const judged = given === undefined ? null : await guard.inspect(guarded)
    const found = judged && { ...judged, flagged: [...new Set(judged.flagged)] }
    const { caller } = request
    const disclosure = caller?.scores ?? 'exact'
    refuseMinScore(disclosure, minScore)
    const leaveOut = belowThreshold && minScore === undefined
      ? undefined
      : { belowThreshold: !belowThreshold, belowScore: minScore }
    const options = {
      candidates,
      fpir,
      models,
      attributes,
      method,
      efSearch,
      leaveOut,
      signal: request.exchange.signal,
      admit: access.comparisons(caller, count),
      disclosure
    }
    const searches = await Promise.all(
      wanted.map(async ({ positions, ...probes }) => ({
        positions,
        probe: probes.space,
        others: probes.others?.map(({ space }) => space) ?? [],
        ...await identify(id, probes, options)
      }))
    )
    searches.forEach(countSearch)
    describeToAudit(request, {
      models: [
        ...new Set(
          searches.flatMap(({ probe, others, groups }) =>
            [probe, ...others, ...groups.map(({ space }) => space)].map(({ model }) => model)
          )
        )
      ],
      maps: [
        ...new Set(searches.flatMap(({ groups }) => groups.flatMap(({ map }) => map === undefined ? [] : [map.id])))
      ],
      templates: count,
      identified: searches.reduce(
        (sum, search) => sum + search.candidates.filter(list => list[0]?.aboveThreshold === true).length,
        0
      )
    })
    return sendLong(reply, identificationDocument(disclosure, searches, found, given, face), 'results')
  })

  function countSearch ({ probe, groups, candidates: lists }: Found & { probe: KnownSpace }): void {
    for (const { method: used } of groups) measures.searched(used, lists.length)
    for (const [best] of lists) {
      const reference = best === undefined ? groups[0] : groups[best.group]
      if (reference === undefined) continue
      measures.decided(
        'identification',
        { probe: probe.model, reference: reference.space.model },
        best === undefined
          ? 'non-match'
          : best.aboveThreshold === null
          ? 'none'
          : best.aboveThreshold
          ? 'match'
          : 'non-match'
      )
    }
  }

  async function probesOf (
    id: string,
    { probes, sets, image, model, aligned, minQuality }: Search,
    signal: AbortSignal
  ): Promise<ReadProbes & { face?: LargestFace }> {
    const given = Object.entries({ probes, sets, image, model, aligned, minQuality })
      .filter(([, value]) => value !== undefined).map(([name]) => name)
    const ofImage = image !== undefined && probes === undefined && sets === undefined
    if (!ofImage && (given.length !== 1 || (probes ?? sets) === undefined)) {
      throw new Problem(
        'request-invalid',
        'body: expected either "probes" or "sets", or "image" with "model", "aligned" and "minQuality", received ' +
          (given.map(name => `"${name}"`).join(', ') || 'none of them')
      )
    }
    if (probes !== undefined) return searchesOf(await groupTemplates(probes, catalogue, 'probes'))
    if (sets !== undefined) return await readProbeSets(sets, catalogue)
    const face = await galleries.probeOf(id, {
      image: typeof image === 'string' ? readBase64Image(image, 'image') : image!,
      model,
      aligned: aligned ?? false,
      minQuality,
      signal
    })
    const { space, vector } = face.templates[0]!
    const templates = { rows: 1, cols: space.dimension, data: vector }
    return { ...searchesOf([{ space, templates, positions: [0] }]), face }
  }
}

function refuseTooMany (probes: number, candidates: number): void {
  if (probes * candidates <= maxCandidates) return
  throw new Problem(
    'answer-too-large',
    `expected probes times candidates of at most ${maxCandidates}, received ${probes} x ${candidates} = ${
      probes * candidates
    }: ` +
      `send at most ${Math.floor(maxCandidates / candidates)} probes at once, or ask for at most ${
        Math.floor(maxCandidates / probes)
      } candidates`,
    { limit: maxCandidates }
  )
}

/** A caller without access to scores could find them out by repeating a search with different minimum scores. */
function refuseMinScore (disclosure: Disclosure, minScore: number | undefined): void {
  if (disclosure === 'exact' || minScore === undefined) return
  throw new Problem(
    'request-invalid',
    'minScore: expected none with an API key that is not told exact scores; use "belowThreshold": false to omit non-matches'
  )
}

export default routes
