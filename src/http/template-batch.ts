import type { FastifyRequest } from 'fastify'
import type { TemplateMatrix } from '../alignment/matrix.js'
import { Problem } from '../errors.js'
import type { Catalogue, KnownSpace } from '../operations/catalogue.js'
import { checkVector } from '../template/check.js'
import { float32FromBytes } from '../template/float32.js'
import { readNpy } from '../template/npy.js'
import * as media from './media-types.js'
import { readBytes } from './request-body.js'
import type { TemplateDocument } from './schemas/template.js'
import { readTemplate } from './template-document.js'

/** Templates of one space, and where they stand in the request. */
export interface BatchPart {
  readonly space: KnownSpace
  /** (n, d) */
  readonly templates: TemplateMatrix
  /** (n) */
  readonly positions: readonly number[]
}

/** Templates in JSON, grouped by their space. @throws Problem naming the template that is not valid */
export function groupTemplates (documents: readonly TemplateDocument[], catalogue: Catalogue): BatchPart[] {
  const groups = new Map<KnownSpace, { vectors: Float32Array[], positions: number[] }>()
  documents.forEach((document, position) => {
    const { space, vector } = readTemplate(document, catalogue, `templates[${position}]`)
    const group = groups.get(space) ?? { vectors: [], positions: [] }
    group.vectors.push(vector)
    group.positions.push(position)
    groups.set(space, group)
  })
  return [...groups].map(([space, { vectors, positions }]) => {
    const data = new Float32Array(vectors.length * space.dimension)
    vectors.forEach((vector, row) => data.set(vector, row * space.dimension))
    return { space, templates: { rows: vectors.length, cols: space.dimension, data }, positions }
  })
}

/** Templates of one space as .npy or as raw float32. @throws Problem naming the row that is not valid */
export function readBinaryTemplates (request: FastifyRequest, space: KnownSpace): TemplateMatrix {
  const bytes = readBytes(request)
  const templates = media.contentType(request) === media.npy ? readNpy(bytes) : readRaw(bytes, space)
  if (templates.cols !== space.dimension) {
    throw new Problem('template-invalid', `.npy: expected shape (n, ${space.dimension}) for model "${space.model}", received (${templates.rows}, ${templates.cols})`)
  }
  for (let row = 0; row < templates.rows; row++) checkVector(vectorAt(templates, row), space, `row ${row}`)
  return templates
}

function readRaw (bytes: Buffer, space: KnownSpace): TemplateMatrix {
  const rowBytes = space.dimension * 4
  if (bytes.length % rowBytes !== 0) {
    throw new Problem('template-invalid', `body: expected a multiple of ${rowBytes} bytes, rows of ${space.dimension} float32 numbers for model "${space.model}", received ${bytes.length} bytes`)
  }
  return { rows: bytes.length / rowBytes, cols: space.dimension, data: float32FromBytes(bytes) }
}

/** Row of a matrix, sharing its memory. */
export function vectorAt (matrix: TemplateMatrix, row: number): Float32Array {
  return matrix.data.subarray(row * matrix.cols, (row + 1) * matrix.cols)
}

/** Rows of several parts, put where their templates stood in the request. */
export function inRequestOrder (parts: readonly { templates: TemplateMatrix, positions: readonly number[] }[]): Float32Array[] {
  const vectors: Float32Array[] = []
  for (const { templates, positions } of parts) {
    positions.forEach((position, row) => { vectors[position] = vectorAt(templates, row) })
  }
  return vectors
}
