import { vectorDefect } from '../../science/template/check.js'
import type { BadRow, Page } from './end.js'

/** A template as it is stored: numbers, nothing, or text that says why it is none. */
export type StoredTemplate = Float32Array | null | string

/** The numbers when they are a template of a dimension, otherwise why not. */
export function checked (numbers: Float32Array, dimension: number): Float32Array | string {
  if (numbers.length !== dimension) return `expected ${dimension} numbers, received ${numbers.length}`
  return vectorDefect(numbers) ?? numbers
}

/**
 * A page of stored templates; rows without one are left out.
 * @param ids (n) @param templates (n) @param cursor where the next page begins
 */
export function pageOf (
  ids: readonly string[],
  templates: readonly StoredTemplate[],
  dimension: number,
  cursor: string
): Page {
  const [kept, bad]: [string[], BadRow[]] = [[], []]
  const data = new Float32Array(ids.length * dimension) // (n, d)
  templates.forEach((template, i) => {
    const id = ids[i]!
    if (template === null) return
    if (typeof template === 'string') return bad.push({ id, reason: template })
    data.set(template, kept.length * dimension)
    kept.push(id)
  })
  return {
    ids: kept,
    templates: { rows: kept.length, cols: dimension, data: data.subarray(0, kept.length * dimension) },
    bad,
    cursor
  }
}

export const emptyPage = (dimension: number): Page => pageOf([], [], dimension, '')
