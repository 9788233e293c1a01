import { nullableNumber } from '../../../science/schemas.js'
import { Type, type Static } from 'typebox'
import {
  CalibrationReference,
  calibrationReference,
  type KnownSpace,
  MapReference,
  mapReference
} from '../../catalogue/index.js'
import { discloseCandidates, discloseSearch } from '../disclosure.js'
import type { Identification as Found } from '../identification.js'
import type { Disclosure } from '../../../science/scores/disclosure.js'
import { BatchGuard, type GuardReport } from '../../guard/index.js'
import { takenFaceDocument, TakenFaceDocument, type LargestFace } from '../../embeddings/index.js'
import { ComparedInDocument } from '../../verifications/index.js'
import { closed, component, Enumeration } from '../../../platform/http/schemas/component.js'
import { Fingerprint } from '../../../platform/http/schemas/template.js'

const SpaceReference = { model: Type.String(), fingerprint: Fingerprint }

const Threshold = Type.Object({
  support: Enumeration(['measured', 'extrapolated', 'unsupported'], {
    description:
      '`measured`: the maps have enough held-out comparisons for the false match rates that this FPIR needs in a gallery of this size; `extrapolated`: a tail model of their scores is used; `unsupported`: there is no threshold.'
  }),
  logLikelihoodRatio: nullableNumber(
    'Natural-log likelihood ratio at or above which a candidate is above the threshold; null when unsupported, when the calibration has none, and for keys that are only told decisions.'
  ),
  interval: Type.Union([Type.Object({ lower: Type.Number(), upper: Type.Number() }, closed), Type.Null()], {
    description:
      '95 % interval of the bound of the FPIR at the threshold, by bootstrap over held-out identities; null when not measured.'
  }),
  fnir: nullableNumber(
    'False negative identification rate: the expected share of searches for enrolled people that miss them at the threshold; null when unknown.'
  ),
  lowestFpir: nullableNumber('The lowest FPIR that has a threshold; null when none has.')
}, closed)

const Group = Type.Object({
  ...SpaceReference,
  provenance: Enumeration(['native', 'translated']),
  translatedBy: Type.Union([Type.String(), Type.Null()], {
    description: 'Id of the map that translated them; null for native ones.'
  }),
  references: Type.Integer({ description: 'Number of searched templates.' }),
  unusable: Type.Integer({
    description: 'Number of templates left out because they cannot be read, see `unusable` of the gallery.'
  }),
  method: Enumeration(['exact', 'index'], { description: '`index`: some of the best may be missing.' }),
  comparisonSpace: ComparedInDocument,
  map: Type.Union([MapReference, Type.Null()], {
    description:
      "The map that defines the comparison space, or that translated both the templates and the probes of their old model; null for templates of the probe's model."
  }),
  calibration: Type.Union([MapReference, Type.Null()], {
    description: 'The map whose held-out identities calibrate the scores; null when no active map involves the model.'
  }),
  ownCalibration: Type.Union([CalibrationReference, Type.Null()], {
    description: 'The calibration of that map that is active; null when that of its card holds.'
  }),
  ensemble: Type.Optional(
    Type.Object({
      id: Type.String({ description: 'Id of the ensemble.' }),
      version: Type.Integer({ description: 'Number of the ensemble among those of its models, from 1.' })
    }, {
      ...closed,
      description:
        'The ensemble that weighed several templates of the probe; `map` is then one of its maps. Absent where one template was compared.'
    })
  ),
  threshold: nullableNumber(
    'The score at or above which a candidate of this group is above the threshold; null for keys that are only told decisions.'
  )
}, { ...closed, description: 'Templates of one model and provenance.' })

const Candidate = Type.Object({
  rank: Type.Integer({ minimum: 1 }),
  subject: Type.String(),
  attributes: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()])),
  reference: Type.String({ description: "Name of the subject's best template." }),
  group: Type.Integer({ minimum: 0, description: 'Index among the groups of the search.' }),
  score: nullableNumber(
    'Comparison score of the probe and this template, comparable within a group. Null when the key is not told it: see `scores` of API keys.'
  ),
  logLikelihoodRatio: nullableNumber(
    'Natural logarithm of the likelihood ratio of the disclosed score, same person against different people; comparable across groups. Null without a score or a calibration.'
  ),
  aboveThreshold: Type.Union([Type.Boolean(), Type.Null()], { description: 'Null when there is no threshold.' }),
  uncertainty: nullableNumber('Uncertainty of a translated template, from 0 to 1; null for a native one.')
}, closed)

export const Identification = component(
  'Identification',
  Type.Object({
    fpir: Type.Number({
      description:
        'The false positive identification rate of the thresholds: the requested one, or 0.001 per reference searched where that is less and the key is not told exact scores.'
    }),
    searches: Type.Array(
      Type.Object({
        probe: Type.Object(SpaceReference, closed),
        others: Type.Optional(
          Type.Array(Type.Object(SpaceReference, closed), {
            description: 'The other models of the probes of `sets`.'
          })
        ),
        threshold: Threshold,
        groups: Type.Array(Group)
      }, closed),
      { description: 'One per model of the probes.' }
    ),
    results: Type.Array(
      Type.Object({
        id: Type.Optional(Type.String({ description: "The caller's name for the probe." })),
        search: Type.Integer({ minimum: 0, description: 'Index among the searches.' }),
        candidates: Type.Array(Candidate, {
          description:
            'Best first, each subject once. A key that is only told decisions gets only those above the threshold.'
        })
      }, closed),
      { description: 'One per probe, in the order of the request.' }
    ),
    face: Type.Union([TakenFaceDocument, Type.Null()], {
      description: 'The face of the image that was searched for, and how many others there were; null for templates.'
    }),
    guard: BatchGuard
  }, closed)
)

const spaceReference = ({ model, fingerprint }: KnownSpace) => ({ model, fingerprint })

/** A search for the probes of one model, and their places in the request. */
interface Search extends Found {
  readonly probe: KnownSpace
  /** other models of the probes */
  readonly others: readonly KnownSpace[]
  readonly positions: readonly number[]
}

export function identificationDocument (
  disclosure: Disclosure,
  searches: readonly Search[],
  guard: GuardReport<number> | null,
  probes: readonly { readonly id?: string | undefined }[] = [],
  face?: LargestFace
): Static<typeof Identification> {
  const results: Static<typeof Identification>['results'] = []
  searches.forEach(({ positions, candidates, groups }, search) => {
    positions.forEach((position, i) => {
      const id = probes[position]?.id
      results[position] = {
        ...(id === undefined ? {} : { id }),
        search,
        candidates: discloseCandidates(candidates[i]!, groups, disclosure)
      }
    })
  })
  return {
    fpir: Math.min(...searches.map(({ fpir }) => fpir)),
    searches: searches.map(search => discloseSearch(search, disclosure)).map((
      { probe, others, threshold: { scores: _, ...threshold }, groups }
    ) => ({
      probe: spaceReference(probe),
      ...(others.length === 0 ? {} : { others: others.map(spaceReference) }),
      threshold,
      groups: groups.map((
        { group, space, references, unusable, method, comparedIn, map, calibration, ensemble, threshold: score }
      ) => ({
        model: space.model,
        fingerprint: space.fingerprint,
        provenance: group.migration === null ? 'native' as const : 'translated' as const,
        translatedBy: group.migration?.map ?? null,
        references,
        unusable,
        method,
        comparisonSpace: comparedIn,
        map: map === undefined ? null : mapReference(map),
        calibration: calibration === undefined ? null : mapReference(calibration.map),
        ownCalibration: calibrationReference(calibration?.calibration),
        ...(ensemble === undefined ? {} : { ensemble: { id: ensemble.id, version: ensemble.version } }),
        threshold: score
      }))
    })),
    results,
    face: face === undefined ? null : takenFaceDocument(face),
    guard
  }
}
