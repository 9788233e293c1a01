import { Compile } from 'typebox/compile'
import { Problem } from '../../../errors.js'
import type { Catalogue, KnownSpace } from '../../catalogue/index.js'
import type { Attributes, EnrolledTemplate } from '../store/enrolment.js'
import { readEnrolled } from './gallery-rows.js'
import { AttributesDocument, type SubjectTemplate } from '../schemas/gallery.js'
import { parseJsonText } from '../../../platform/http/bodies/json-text.js'

const attributesDocument = Compile(AttributesDocument)

/** Parses attributes given as JSON in the query. @throws Problem `request-invalid` */
export function readAttributes (text: string | undefined): Attributes | undefined {
  if (text === undefined) return undefined
  const value = parseJsonText(text, 'querystring: attributes')
  if (attributesDocument.Check(value)) return value
  const [error] = attributesDocument.Errors(value)
  throw new Problem(
    'request-invalid',
    `querystring: attributes: expected an object of strings, numbers and booleans, but ${error?.instancePath ?? ''} ${
      error?.message ?? 'it is not'
    }`
  )
}

/** Groups the templates of one subject by space. @throws Problem naming the template */
export function readSubjectTemplates (
  documents: readonly SubjectTemplate[],
  subject: string,
  catalogue: Catalogue
): { space: KnownSpace, rows: EnrolledTemplate[] }[] {
  const batches = new Map<KnownSpace, EnrolledTemplate[]>()
  documents.forEach(({ model, fingerprint, ...document }, i) => {
    const where = `templates[${i}]`
    const space = catalogue.space(model)
    catalogue.checkFingerprint(fingerprint, space, where)
    const rows = batches.get(space) ?? []
    rows.push(readEnrolled({ ...document, subject }, space, where))
    batches.set(space, rows)
  })
  return [...batches].map(([space, rows]) => ({ space, rows }))
}
