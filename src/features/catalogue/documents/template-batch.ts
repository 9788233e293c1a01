import type { TemplateMatrix } from '../../../science/linear-algebra/matrix.js'
import type { Catalogue, KnownSpace } from '../catalogue.js'
import { createTurns, type Turns } from '../../../platform/turns.js'
import type { TemplateDocument } from '../../../platform/http/schemas/template.js'
import { readTemplate } from './template-document.js'

/** Templates of one space, with their positions in the request. */
export interface BatchPart {
  readonly space: KnownSpace
  /** (n, d) */
  readonly templates: TemplateMatrix
  /** (n) */
  readonly positions: readonly number[]
}

/**
 * Groups JSON templates by their space.
 *
 * @param where path of the templates in the request
 * @throws Problem naming the invalid template
 */
export async function groupTemplates (
  documents: readonly TemplateDocument[],
  catalogue: Catalogue,
  where = 'templates'
): Promise<BatchPart[]> {
  const groups = new Map<KnownSpace, { vectors: Float32Array[], positions: number[] }>()
  const turns = createTurns()
  for (const [position, document] of documents.entries()) {
    const { space, vector } = readTemplate(document, catalogue, `${where}[${position}]`)
    const group = groups.get(space) ?? { vectors: [], positions: [] }
    group.vectors.push(vector)
    group.positions.push(position)
    groups.set(space, group)
    if (turns.over()) await turns.next()
  }
  const parts: BatchPart[] = []
  for (const [space, { vectors, positions }] of groups) {
    const data = await concatenate(vectors, space.dimension, turns)
    parts.push({ space, templates: { rows: vectors.length, cols: space.dimension, data }, positions })
  }
  return parts
}

async function concatenate (vectors: readonly Float32Array[], dimension: number, turns: Turns): Promise<Float32Array> {
  if (vectors.length === 1) return vectors[0]!
  const data = new Float32Array(vectors.length * dimension)
  for (const [row, vector] of vectors.entries()) {
    data.set(vector, row * dimension)
    if (turns.over()) await turns.next()
  }
  return data
}

/** A row of a matrix, sharing its memory. */
export function vectorAt (matrix: TemplateMatrix, row: number): Float32Array {
  return matrix.data.subarray(row * matrix.cols, (row + 1) * matrix.cols)
}

/** The rows of a matrix, sharing its memory. */
export function vectorsOf (matrix: TemplateMatrix): Float32Array[] {
  return Array.from({ length: matrix.rows }, (_, row) => vectorAt(matrix, row))
}

/** The rows of several parts, in the order of the request. */
export function inRequestOrder (
  parts: readonly { templates: TemplateMatrix, positions: readonly number[] }[]
): Float32Array[] {
  const vectors: Float32Array[] = []
  for (const { templates, positions } of parts) {
    positions.forEach((position, row) => {
      vectors[position] = vectorAt(templates, row)
    })
  }
  return vectors
}
