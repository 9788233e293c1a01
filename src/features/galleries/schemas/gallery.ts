import { nullable } from '../../../science/schemas.js'
import { Type, type Static } from 'typebox'
import { closed, component, Enumeration } from '../../../platform/http/schemas/component.js'
import {
  AddressableLabel,
  Fingerprint,
  closedVector,
  Label,
  VectorForms
} from '../../../platform/http/schemas/template.js'

const Provenance = Enumeration(['native', 'translated'], {
  description:
    '`native`: made by the model from an image; `translated`: made by a map from a template of another model.'
})

export const GalleryId = Type.String({ maxLength: 64, description: 'Id of a gallery.' })
const subjectDescription = "The caller's name for the person: a pseudonym, not a real name."
export const SubjectName = AddressableLabel(subjectDescription)
/**
 * The name of an existing subject: one stored before `.` and `..` were refused can be read and deleted by clients that
 * send addresses unnormalised.
 */
export const StoredSubjectName = Label(subjectDescription)
export const ReferenceName = AddressableLabel(
  'Name of the template, unique per subject and model; "1" when absent.'
)

/** Keys begin with a letter, so that none is a built-in property of JavaScript objects. */
export const AttributeName = Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_.-]{0,63}$' })
export const AttributeValue = Type.Union([
  Type.String({ maxLength: 200, pattern: '^[^\\u0000\\ud800-\\udfff]*$' }),
  Type.Number({ minimum: -1e15, maximum: 1e15 }),
  Type.Boolean()
])
export const AttributesDocument = Type.Record(AttributeName, AttributeValue, {
  ...closed,
  maxProperties: 32,
  description: 'Attributes that searches can filter by, such as a site. They replace those that the subject has.'
})

export const Quality = Type.Number({
  minimum: -1e6,
  maximum: 1e6,
  description: "Quality of the image on the caller's own scale; higher is better."
})

const GallerySummary = {
  id: Type.String(),
  name: Type.String(),
  encrypted: Type.Boolean({
    description:
      'Whether its templates are encrypted at rest. If so, they are searched in memory, without an index in the database.'
  }),
  shards: Type.Integer({
    description: 'How many parts its subjects are divided into; 1 unless it is to spread over nodes.'
  }),
  createdAt: Type.String({ format: 'date-time' })
}

export const GalleryList = Type.Array(Type.Object(GallerySummary, closed))

export const Gallery = component(
  'Gallery',
  Type.Object({
    ...GallerySummary,
    subjects: Type.Integer({ description: 'Number of subjects.' }),
    templates: Type.Array(
      Type.Object({
        model: Type.String(),
        fingerprint: Fingerprint,
        provenance: Provenance,
        map: nullable(Type.String(), 'Id of the map that translated them; null for native ones.'),
        count: Type.Integer()
      }, closed),
      { description: 'Number of searched templates of each model and provenance.' }
    ),
    unusable: Type.Object({
      count: Type.Integer(),
      templates: Type.Array(
        Type.Object({ model: Type.String(), subject: Type.String(), reference: Type.String() }, closed),
        { description: 'The first 100.' }
      )
    }, {
      ...closed,
      description:
        'Templates among them that this replica has found invalid since it started and leaves out of searches: they do not decrypt, because the stored data was changed from outside, or they have a norm of zero, NaN, infinity or the wrong length. They are found when first read. Enrol them again.'
    })
  }, { ...closed, description: 'Subjects with templates of one or more models, to search with probes.' })
)

/** A template to enrol, in JSON or on a line of NDJSON; the address names the model. */
export const EnrolledDocument = Type.Object({
  subject: SubjectName,
  reference: Type.Optional(ReferenceName),
  attributes: Type.Optional(AttributesDocument),
  quality: Type.Optional(Quality),
  ...VectorForms
}, closedVector)
export type EnrolledDocument = Static<typeof EnrolledDocument>

/** A template of a subject that is replaced as a whole. */
export const SubjectTemplate = Type.Object({
  model: Type.String({ minLength: 1, maxLength: 63, description: 'The model of the template.' }),
  fingerprint: Type.Optional(Fingerprint),
  reference: Type.Optional(ReferenceName),
  quality: Type.Optional(Quality),
  ...VectorForms
}, closedVector)
export type SubjectTemplate = Static<typeof SubjectTemplate>

export const EnrolledCounts = {
  added: Type.Integer({ description: 'New templates.' }),
  unchanged: Type.Integer({ description: 'Templates that the gallery already had, number for number.' }),
  replaced: Type.Integer({
    description: 'Translated templates that native ones replaced; the native ones are counted as added.'
  }),
  corrected: Type.Integer({
    description: 'Unchanged templates whose quality has changed; also counted as unchanged.'
  })
}

const SubjectSummary = {
  subject: Type.String(),
  attributes: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()])),
  createdAt: Type.String({ format: 'date-time' })
}

export const SubjectList = Type.Array(Type.Object(SubjectSummary, closed))

export const Subject = component(
  'Subject',
  Type.Object({
    ...SubjectSummary,
    templates: Type.Array(
      Type.Object({
        reference: Type.String(),
        model: Type.String(),
        fingerprint: Fingerprint,
        provenance: Provenance,
        map: nullable(Type.String(), 'Id of the map that translated it; null for a native one.'),
        quality: nullable(Type.Number(), 'As the caller gave it; null when unknown.'),
        uncertainty: nullable(
          Type.Number(),
          'Expected uncertainty of a translated template, from 0 to 1: the higher, the sooner to re-enrol. Null for a native one.'
        ),
        enrolledAt: Type.String({ format: 'date-time' })
      }, closed),
      { description: 'The searched templates. Their numbers are never returned.' }
    )
  }, { ...closed, description: 'A person of a gallery.' })
)
