import type { FastifyRequest } from 'fastify'
import { Problem } from '../../errors.js'
import * as media from '../../platform/http/media-types.js'
import { readForm } from '../../platform/http/bodies/request-body.js'
import { readRowFile } from '../../platform/http/bodies/row-file.js'
import type { TemplateDocument } from '../../platform/http/schemas/template.js'
import { type Catalogue, groupTemplates, type KnownSpace } from '../catalogue/index.js'
import type { SpaceTemplates } from './comparison.js'

export interface Sides {
  readonly probes: SpaceTemplates
  /** null where the probes are compared with one another */
  readonly references: SpaceTemplates | null
}

/** What the address says of both sides. */
export interface SidesQuery {
  readonly probe?: string | undefined
  readonly reference?: string | undefined
  readonly probeFingerprint?: string | undefined
  readonly referenceFingerprint?: string | undefined
}

interface SidesDocument {
  readonly probes: TemplateDocument[]
  readonly references?: TemplateDocument[]
}

/**
 * Reads both sides in full: a matrix takes each of its references with each of its probes, and what it costs is known
 * before it begins.
 *
 * @throws Problem naming the side, the template and what is wrong with it
 */
export async function readSides (request: FastifyRequest, query: SidesQuery, catalogue: Catalogue): Promise<Sides> {
  return media.isJson(request)
    ? await readDocuments(request.body as SidesDocument, query, catalogue)
    : await readFiles(request, query, catalogue)
}

async function readDocuments (document: SidesDocument, query: SidesQuery, catalogue: Catalogue): Promise<Sides> {
  const probes = await readDocument(document.probes, 'probes', catalogue)
  const references = document.references === undefined
    ? null
    : await readDocument(document.references, 'references', catalogue)
  requireAgreement(probes.space, 'probe', query.probe, query.probeFingerprint, catalogue)
  requireAgreement((references ?? probes).space, 'reference', query.reference, query.referenceFingerprint, catalogue)
  return { probes, references }
}

async function readDocument (
  documents: readonly TemplateDocument[],
  where: 'probes' | 'references',
  catalogue: Catalogue
): Promise<SpaceTemplates> {
  const [part, other] = await groupTemplates(documents, catalogue, where)
  if (other === undefined) return part!
  throw new Problem(
    'request-invalid',
    `${where}: expected templates of one model, received one of "${part!.space.model}" in ${where}[0] and one of ` +
      `"${other.space.model}" in ${where}[${other.positions[0]}]: send each model by itself`
  )
}

/** Documents name their models. An address that names them, too, must agree. */
function requireAgreement (
  space: KnownSpace,
  name: 'probe' | 'reference',
  model: string | undefined,
  fingerprint: string | undefined,
  catalogue: Catalogue
): void {
  if (model !== undefined && model !== space.model) {
    throw new Problem(
      'request-invalid',
      `querystring: ${name}: expected "${space.model}" as in the body, or none, received "${model}"`
    )
  }
  catalogue.checkFingerprint(fingerprint, space, `querystring: ${name}Fingerprint`)
}

async function readFiles (request: FastifyRequest, query: SidesQuery, catalogue: Catalogue): Promise<Sides> {
  const { probe, probeFingerprint } = query
  if (probe === undefined) {
    throw new Problem(
      'request-invalid',
      'querystring: expected "probe", the model of the probes, with a binary body or a form, received none'
    )
  }
  const space = catalogue.space(probe)
  catalogue.checkFingerprint(probeFingerprint, space, 'querystring: probeFingerprint')
  return request.isMultipart()
    ? await readSidesForm(request, space, query, catalogue)
    : await readBody(request, space, query)
}

async function readSidesForm (
  request: FastifyRequest,
  space: KnownSpace,
  { reference, referenceFingerprint }: SidesQuery,
  catalogue: Catalogue
): Promise<Sides> {
  const other = reference === undefined ? space : catalogue.space(reference)
  catalogue.checkFingerprint(referenceFingerprint, other, 'querystring: referenceFingerprint')
  const { probes, references } = await readForm(request, ['probes'], ['references'])
  if (references === undefined && (reference !== undefined || referenceFingerprint !== undefined)) {
    throw referencesMissing('a file in "references" of the form')
  }
  return {
    probes: { space, templates: await readRowFile(probes, space, 'probes', 'any') },
    references: references === undefined
      ? null
      : { space: other, templates: await readRowFile(references, other, 'references', 'any') }
  }
}

async function readBody (
  request: FastifyRequest,
  space: KnownSpace,
  { reference, referenceFingerprint }: SidesQuery
): Promise<Sides> {
  if (reference !== undefined || referenceFingerprint !== undefined) throw referencesMissing('a form with both sides')
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  const format = media.contentType(request) === media.npy ? 'npy' : 'raw'
  return { probes: { space, templates: await readRowFile(body, space, 'body', format) }, references: null }
}

const referencesMissing = (expected: string) =>
  new Problem(
    'request-invalid',
    `querystring: reference: expected ${expected} with it, received probes alone, which are compared with one another`
  )
