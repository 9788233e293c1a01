import { answerOf, type Crosswalk } from './client.js'

/** Templates of one model: `values` has one row of `dimension` numbers after the other. */
export interface Rows {
  readonly values: Float32Array<ArrayBuffer>
  readonly dimension: number
}

export interface TranslationOrder {
  /** the model of the templates */
  readonly source: string
  /** the model into whose space they are translated */
  readonly target: string
  readonly signal?: AbortSignal
}

export interface TranslatedRows extends Rows {
  /** id of the map that translated them */
  readonly map: string
  /** what the guard found, as `Crosswalk-Guard` has it; null where it did not look */
  readonly guard: string | null
}

const octets = 'application/octet-stream'

/**
 * Translates rows of float32 as bytes, which are sent and read much faster than JSON. All rows are sent before the
 * answer is read: translate millions in parts of some ten thousand.
 *
 * @throws CrosswalkError
 */
export async function translateRows (
  client: Crosswalk,
  rows: Rows,
  { source, target, signal }: TranslationOrder
): Promise<TranslatedRows> {
  const count = countOf(rows)
  const call = client.POST('/v1/translations', {
    params: { query: { source, target } },
    body: blobOf(rows.values),
    bodySerializer: body => body,
    headers: { 'content-type': octets, accept: octets },
    parseAs: 'arrayBuffer',
    ...signal === undefined ? {} : { signal }
  })
  const values = new Float32Array(await answerOf(call))
  const { headers } = (await call).response
  return {
    values,
    dimension: values.length / count,
    map: headers.get('crosswalk-map') ?? '',
    guard: headers.get('crosswalk-guard')
  }
}

/** Templates of one model, to be compared with others. */
export interface ComparedSide extends Rows {
  readonly model: string
}

export interface ComparedRows {
  /** one row per probe, with its score against each reference */
  readonly scores: Float32Array<ArrayBuffer>
  readonly columns: number
  /** id of the map in whose comparison space they were compared; null for templates of one model */
  readonly map: string | null
  /** the lowest score that matches at the false match rate, which `threshold` also names; null without one */
  readonly matchesFrom: number | null
  /** as `Crosswalk-Threshold` has it */
  readonly threshold: string
}

/**
 * Compares every probe with every reference.
 * @param fmr the false match rate that the threshold is for, 0.001 when absent
 * @throws CrosswalkError
 */
export async function compareRows (
  client: Crosswalk,
  probes: ComparedSide,
  references: ComparedSide,
  { fmr, signal }: { readonly fmr?: number, readonly signal?: AbortSignal } = {}
): Promise<ComparedRows> {
  countOf(probes)
  const form = new FormData()
  form.set('probes', blobOf(probes.values), 'probes')
  form.set('references', blobOf(references.values), 'references')
  const call = client.POST('/v1/comparisons', {
    params: { query: { probe: probes.model, reference: references.model, ...fmr === undefined ? {} : { fmr } } },
    body: { probes: blobOf(probes.values), references: blobOf(references.values) },
    bodySerializer: () => form,
    headers: { accept: octets },
    parseAs: 'arrayBuffer',
    ...signal === undefined ? {} : { signal }
  })
  const scores = new Float32Array(await answerOf(call))
  const { headers } = (await call).response
  const threshold = headers.get('crosswalk-threshold') ?? ''
  const score = /\bscore=([-\d.e]+)/.exec(threshold)?.[1]
  return {
    scores,
    columns: countOf(references),
    map: headers.get('crosswalk-map'),
    matchesFrom: score === undefined ? null : Number(score),
    threshold
  }
}

const blobOf = (values: Float32Array<ArrayBuffer>): Blob => new Blob([values], { type: octets })

/** @throws TypeError when the numbers are not so many whole rows */
function countOf ({ values, dimension }: Rows): number {
  const count = values.length / dimension
  if (Number.isInteger(count) && count > 0) return count
  throw new TypeError(`expected whole rows of ${dimension} numbers, received ${values.length} numbers`)
}
