import { rowsByIdentity } from '../alignment/identities.js'
import type { TemplateMatrix } from '../alignment/matrix.js'

/** The same templates twice: as a map made them, and as the target model did. Row i of everything is one image. */
export interface TranslatedTemplates {
  /** (n, d), normalised rows */
  readonly translated: TemplateMatrix
  /** (n, d), normalised rows */
  readonly native: TemplateMatrix
  /** (n), index of the identity of each row */
  readonly identity: Int32Array
}

/**
 * For each image the share of its mated comparisons that translating it loses: with a native probe its native template
 * matches, and its translated one does not.
 *
 * @param thresholds of comparisons with native and with translated templates
 * @returns (n); NaN where an image is the only one of its identity
 */
export function lostShares ({ translated, native, identity }: TranslatedTemplates, thresholds: { readonly native: number, readonly translated: number }): Float64Array {
  const shares = new Float64Array(identity.length).fill(NaN)
  for (const rows of rowsByIdentity(identity).values()) {
    if (rows.length < 2) continue
    for (const reference of rows) {
      let lost = 0
      for (const probe of rows) {
        if (probe === reference || dot(native, probe, native, reference) < thresholds.native) continue
        if (dot(native, probe, translated, reference) < thresholds.translated) lost++
      }
      shares[reference] = lost / (rows.length - 1)
    }
  }
  return shares
}

function dot (a: TemplateMatrix, i: number, b: TemplateMatrix, j: number): number {
  const { cols } = a
  let sum = 0
  for (let k = 0; k < cols; k++) sum += a.data[i * cols + k]! * b.data[j * cols + k]!
  return sum
}
