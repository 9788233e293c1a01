import type { Catalogue, KnownSpace } from '../operations/catalogue.js'
import { readVector } from '../template/document.js'
import type { TemplateDocument } from './schemas/template.js'

/** The space and the vector of a template in JSON. */
export function readTemplate (document: TemplateDocument, catalogue: Catalogue, where: string): { space: KnownSpace, vector: Float32Array } {
  const space = catalogue.space(document.model)
  catalogue.checkFingerprint(document.fingerprint, space, where)
  return { space, vector: readVector(document, space, where) }
}
