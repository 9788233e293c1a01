import { ModelId } from '../../science/template/space.js'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type, type Static } from 'typebox'
import { Problem } from '../../errors.js'
import type { Side, Verification as Verified } from './verification.js'
import { exampleData, examples } from '../../platform/http/documented-examples.js'
import { describeToAudit } from '../audit/index.js'
import { readBase64Image } from '../../platform/http/bodies/request-body.js'
import { ComparedInDocument } from './comparison-schema.js'
import { closed, component, Enumeration, input } from '../../platform/http/schemas/component.js'
import {
  Base64Image,
  MinQuality,
  type QualityLimits,
  takenFaceDocument,
  TakenFaceDocument
} from '../embeddings/index.js'
import { pairForm, readPairForm, type FormSide } from './pair-form.js'
import { ComparisonGuard } from '../guard/index.js'
import {
  CalibrationReference,
  calibrationReference,
  type KnownSpace,
  MapReference,
  mapReference,
  readTemplate,
  readTemplatesOfImage
} from '../catalogue/index.js'
import { either } from '../../platform/http/schemas/either.js'
import { keyProblems, problems } from '../../platform/http/schemas/problem.js'
import { Fingerprint, TemplateDocument } from '../../platform/http/schemas/template.js'

/** Maximum templates a side: an ensemble has no more models. */
const maxTemplates = 3

const SideDocument = component(
  'ComparisonSide',
  Type.Object({
    template: Type.Optional(TemplateDocument),
    templates: Type.Optional(
      Type.Array(TemplateDocument, {
        minItems: 1,
        maxItems: maxTemplates,
        description:
          'Templates of one image under several models, at most one of each: every one is compared with every one of the other side, and an active ensemble with all of the models weighs the scores.'
      })
    ),
    image: Type.Optional(Base64Image('An image; its largest face is embedded.')),
    model: Type.Optional(
      Type.Unsafe<string>({
        ...ModelId,
        description:
          'The model to embed the image with. When absent: the model of the other side if it can embed, else the default model.'
      })
    ),
    models: Type.Optional(
      Type.Array(Type.Unsafe<string>(ModelId), {
        minItems: 1,
        maxItems: maxTemplates,
        uniqueItems: true,
        description: 'Instead of `model`: several models to embed the image with, for an ensemble; see `templates`.'
      })
    ),
    aligned: Type.Optional(Type.Boolean({ description: 'The image is a square crop, aligned as ArcFace does.' }))
  }, {
    ...closed,
    ...either(
      { needs: ['template'] },
      { needs: ['templates'] },
      { needs: ['image'], may: ['model', 'aligned'] },
      { needs: ['image', 'models'], may: ['aligned'] }
    ),
    description: 'Exactly one of `template`, `templates` and `image`.'
  })
)
type SideDocument = Static<typeof SideDocument>

const VerificationRequest = input({
  probe: SideDocument,
  reference: SideDocument,
  fmr: Type.Number({
    minimum: 1e-6,
    maximum: 0.1,
    default: 1e-3,
    description: 'The false match rate at which to decide.'
  }),
  minQuality: Type.Optional(MinQuality),
  ensemble: Type.Optional(
    Type.String({
      maxLength: 64,
      description:
        'Id of the active ensemble for several templates a side. When absent: the one of the fewest models that has all of them. One template a side is compared without an ensemble.'
    })
  )
}, {
  examples: [{
    probe: { template: { model: 'example-a', data: exampleData } },
    reference: { template: { model: 'example-b', vector: [...examples.pairs[1]!.target.vector] } },
    fmr: 0.1
  }]
})

type JsonBody = Static<typeof VerificationRequest>

/** What holds for the images of both sides. */
interface ImageOptions {
  readonly minQuality: QualityLimits | undefined
  readonly signal: AbortSignal
}

const SpaceReference = Type.Object({ model: Type.String(), fingerprint: Fingerprint }, closed)

const FusedDocument = component(
  'FusedComparison',
  Type.Object({
    id: Type.String({ description: 'Id of the ensemble.' }),
    version: Type.Integer({ description: 'Number of the ensemble among those of its models, from 1.' }),
    parts: Type.Array(
      Type.Object({
        probe: SpaceReference,
        reference: SpaceReference,
        map: Type.Union([MapReference, Type.Null()], {
          description: 'The map in whose comparison space the two were compared; null for templates of one model.'
        }),
        weight: Type.Number({ description: 'Of its score in the sum; the weights add up to 1.' }),
        score: Type.Union([Type.Number(), Type.Null()], {
          description: 'Null when the key is not told exact scores.'
        })
      }, closed),
      { description: 'Every template of the probe with every one of the reference.' }
    ),
    nonMatedComparisons: Type.Integer({
      description: 'Number of non-mated comparisons that the threshold comes from.'
    }),
    lowestFmr: Type.Union([Type.Number(), Type.Null()], {
      description: 'The lowest false match rate that has a threshold.'
    })
  }, { ...closed, description: 'How several templates a side were compared; absent when each side had one.' })
)

const Verification = component(
  'Verification',
  Type.Object({
    decision: Type.Union([Enumeration(['match', 'non-match']), Type.Null()], {
      description: '`match` when the score reaches the threshold; null without a threshold.'
    }),
    score: Type.Union([Type.Number(), Type.Null()], {
      description:
        'Comparison score, from -1 to 1: the cosine in the comparison space, normalised if the space says so. Null when the key is not told it: see `scores` of API keys.'
    }),
    threshold: Type.Union([Type.Number(), Type.Null()], {
      description:
        'The lowest score that matches at the false match rate; null when the calibration does not support the rate, and for keys that are only told decisions.'
    }),
    interval: Type.Union([Type.Object({ lower: Type.Number(), upper: Type.Number() }, closed), Type.Null()], {
      description:
        '95 % interval of the false match rate at the threshold, by bootstrap over the held-out identities; null when not measured.'
    }),
    fmr: Type.Number({
      description:
        'The false match rate of the decision: the requested one, but at most 0.001 for a key that is not told exact scores.'
    }),
    support: Enumeration(['measured', 'extrapolated', 'unsupported'], {
      description:
        '`measured`: by at least 3 / FMR non-mated comparisons; `extrapolated`: by a model of the upper tail of their scores, at most one decade further; `unsupported`: beyond that, with no threshold and no decision.'
    }),
    logLikelihoodRatio: Type.Union([Type.Number(), Type.Null()], {
      description:
        'Natural logarithm of the likelihood ratio of the score, same person against different people; null when the calibration has no mated comparisons or there is no score.'
    }),
    probe: SpaceReference,
    reference: SpaceReference,
    faces: Type.Object({
      probe: Type.Union([TakenFaceDocument, Type.Null()]),
      reference: Type.Union([TakenFaceDocument, Type.Null()])
    }, {
      ...closed,
      description: 'Of each image the face that was taken, and how many others there were; null for a template.'
    }),
    comparisonSpace: ComparedInDocument,
    map: Type.Union([MapReference, Type.Null()], {
      description: 'The map that defines the comparison space; null when both templates are of one space.'
    }),
    calibration: Type.Union([
      Type.Object({
        map: MapReference,
        own: Type.Union([CalibrationReference, Type.Null()], {
          description: 'The calibration of the map that is active; null when that of its card holds.'
        }),
        nonMatedComparisons: Type.Integer({
          description: 'Number of non-mated comparisons that the threshold comes from.'
        }),
        lowestFmr: Type.Union([Type.Number(), Type.Null()], {
          description: 'The lowest false match rate that has a threshold.'
        })
      }, closed),
      Type.Null()
    ], {
      description:
        'Where the threshold comes from; null when both templates are of one space that no active map involves.'
    }),
    ensemble: Type.Optional(FusedDocument),
    guard: ComparisonGuard
  }, closed)
)

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post('/verifications', {
    config: { access: 'verify', audit: 'decision' },
    schema: {
      operationId: 'verify',
      tags: ['verifications'],
      summary: 'Verify a probe against a reference',
      description:
        `Decides whether both are of the same person. Each side is a template of any model, or an image. Templates of two models are
compared in the space that was chosen by cross-validation when the active map between them was fitted. The threshold comes
from the non-mated comparisons of the map's held-out identities; if these are too few for the false match rate, there is no
decision, and the answer says so. A side may have templates of several models, and an active ensemble weighs their comparisons;
\`probe\` and \`reference\` then name the first, and \`map\` and \`calibration\` are null. Two photographs can be sent as a form: \`curl -F probe=@a.jpg -F reference=@b.jpg -F fmr=0.001\`. Nothing is stored. The call counts as one template in the budget of an API key, or as many as templates of both sides are compared.`,
      body: {
        content: {
          'application/json': { schema: VerificationRequest },
          'multipart/form-data': { schema: pairForm }
        }
      },
      response: {
        200: { ...Verification, description: 'The decision and its basis.' },
        ...problems(
          ...keyProblems,
          'pair-forbidden',
          'budget-exhausted',
          'request-invalid',
          'body-invalid',
          'model-unknown',
          'fingerprint-mismatch',
          'map-missing',
          'map-retired',
          'ensemble-missing',
          'model-cannot-embed',
          'body-too-large',
          'image-too-large',
          'media-type-unsupported',
          'image-unsupported',
          'image-damaged',
          'face-missing',
          'face-unclear',
          'quality-low',
          'template-missing',
          'template-invalid',
          'template-foreign',
          'unavailable'
        )
      }
    }
  }, async request => {
    const { caller, exchange } = request
    const { probe, reference, fmr, minQuality, ensemble }: FormOrJson = request.isMultipart()
      ? await readPairForm(request)
      : request.body as JsonBody
    // Made for images only: making a signal takes longer than comparing two templates.
    const options = (): ImageOptions => ({ minQuality, signal: exchange.signal })
    const sides = { probe: readSide(probe, 'probe', options), reference: readSide(reference, 'reference', options) }
    const verifying = app.service.verify(sides, {
      fmr,
      ensemble,
      admit: app.service.access.comparisons(caller, countOf(sides.probe) * countOf(sides.reference)),
      disclosure: caller?.scores ?? 'exact'
    })
    // Both in parallel take as many turns of the event loop as one of them; a refusal of the guard is reported first.
    verifying.catch(() => {})
    const guard = await app.service.guard.inspectSides(sides)
    const { ensemble: fused, ...result } = await verifying
    const parts = fused?.parts ?? [result]
    const pair = { probe: result.probe.model, reference: result.reference.model }
    app.service.measures.decided('verification', pair, result.decision ?? 'none')
    describeToAudit(request, {
      models: [...new Set(parts.flatMap(part => [part.probe.model, part.reference.model]))],
      maps: [...new Set(parts.flatMap(({ map }) => map === undefined ? [] : [map.id]))],
      templates: countOf(sides.probe) + countOf(sides.reference),
      decision: result.decision
    })
    return {
      ...result,
      faces: {
        probe: result.faces.probe === undefined ? null : takenFaceDocument(result.faces.probe),
        reference: result.faces.reference === undefined ? null : takenFaceDocument(result.faces.reference)
      },
      guard,
      ...(fused === undefined ? {} : { ensemble: fusedDocument(fused) }),
      map: result.map === undefined ? null : mapReference(result.map),
      calibration: result.calibration === undefined
        ? null
        : {
          ...result.calibration,
          map: mapReference(result.calibration.map),
          own: calibrationReference(result.calibration.own)
        }
    }
  })

  function readSide (side: SideDocument | FormSide, where: string, options: () => ImageOptions): Side {
    if ('bytes' in side) return { image: side.bytes, models: modelsOf(side.model), aligned: side.aligned, ...options() }
    const { template, templates, image, model, models, aligned }: SideDocument = side
    const given = Object.keys(side)
    if (given.length === 1 && template !== undefined) {
      return readTemplate(template, app.service.catalogue, `${where}.template`)
    }
    if (given.length === 1 && templates !== undefined) {
      return { templates: readTemplatesOfImage(templates, app.service.catalogue, `${where}.templates`) }
    }
    const oneChoice = model === undefined || models === undefined
    if (image !== undefined && template === undefined && templates === undefined && oneChoice) {
      const chosen = models ?? modelsOf(model)
      return {
        image: readBase64Image(image, `${where}.image`),
        models: chosen,
        aligned: aligned ?? false,
        ...options()
      }
    }
    throw new Problem(
      'request-invalid',
      `${where}: expected either "template" or "templates" alone, or "image" with "aligned" and one of "model" and ` +
        `"models", received ${given.map(name => `"${name}"`).join(', ') || 'none of them'}`
    )
  }
}

interface FormOrJson extends Record<'probe' | 'reference', SideDocument | FormSide> {
  readonly fmr: number
  readonly minQuality?: QualityLimits | undefined
  readonly ensemble?: string | undefined
}

const modelsOf = (model: string | undefined) => model === undefined ? undefined : [model]

/** How many templates a side has, or makes. */
function countOf (side: Side): number {
  if ('templates' in side) return side.templates.length
  return 'image' in side ? side.models?.length ?? 1 : 1
}

function fusedDocument (
  { ensemble: { id, version }, parts, nonMatedComparisons, lowestFmr }: NonNullable<Verified['ensemble']>
): Static<typeof FusedDocument> {
  const space = ({ model, fingerprint }: KnownSpace) => ({ model, fingerprint })
  return {
    id,
    version,
    parts: parts.map(({ probe, reference, map, weight, score }) => ({
      probe: space(probe),
      reference: space(reference),
      map: map === undefined ? null : mapReference(map),
      weight,
      score
    })),
    nonMatedComparisons,
    lowestFmr
  }
}

export default routes
