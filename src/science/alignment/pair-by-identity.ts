import { normaliseRows } from '../linear-algebra/normalise.js'
import { selectRows, type TemplateMatrix } from '../linear-algebra/matrix.js'
import { meanOfRows } from './statistics.js'
import type { OtherImages, PairedTemplates } from './pairs.js'

/** Templates of one model. */
export interface NamedTemplates {
  /** (n), ids of the images, unique */
  readonly samples: readonly string[]
  /** (n), the person on each; null where unknown */
  readonly identities: readonly (string | null)[]
  /** (n), by which cards break their figures down; null where unknown */
  readonly groups: readonly (string | null)[]
  /** (n, d), as the model gave them, finite and without zero rows */
  readonly templates: TemplateMatrix
}

/** Pairs whose rows are one person in two images. */
interface PairsOfPeople extends Omit<PairedTemplates, 'hash' | 'others'> {
  readonly others: OtherImages
}

/**
 * Pairs templates of people instead of images: where the new model never saw the old images, people come back. Each
 * image is in one pair at most, and a pair is never of one image. What is fitted is the mean of all images of a person
 * on either side, since what two images differ in is noise to a map; what is scored is single images, as they are used.
 *
 * @returns pairs in the order of the source; `oneSided` counts what no pair has
 */
export function pairByIdentity (
  source: NamedTemplates,
  target: NamedTemplates
): PairsOfPeople {
  const [people, targets] = [rowsByLabel(source), rowsByLabel(target)]
  const pairs: { readonly row: number, readonly other: number, readonly who: string }[] = []
  for (const [who, rows] of people) {
    for (const [k, other] of partnersOf(rows, targets.get(who) ?? []).entries()) {
      if (other !== undefined) pairs.push({ row: rows[k]!, other, who })
    }
  }
  pairs.sort((a, b) => a.row - b.row)
  const [first, second] = [normaliseRows(source.templates), normaliseRows(target.templates)]
  const means = { source: new Map<string, Float64Array>(), target: new Map<string, Float64Array>() }
  for (const { who } of pairs) {
    if (means.source.has(who)) continue
    means.source.set(who, meanOfRows(first, people.get(who)!))
    means.target.set(who, meanOfRows(second, targets.get(who)!))
  }
  const rowsOf = (of: ReadonlyMap<string, Float64Array>, cols: number): TemplateMatrix => {
    const data = new Float32Array(pairs.length * cols) // (n, d), row-major
    pairs.forEach(({ who }, i) => data.set(of.get(who)!, i * cols))
    return { rows: pairs.length, cols, data }
  }
  return {
    samples: pairs.map(({ row }) => source.samples[row]!),
    identities: pairs.map(({ who }) => who),
    groups: pairs.map(({ row }) => source.groups[row] ?? null),
    source: selectRows(source.templates, pairs.map(({ row }) => row)),
    target: selectRows(target.templates, pairs.map(({ other }) => other)),
    others: {
      targetSamples: pairs.map(({ other }) => target.samples[other]!),
      means: {
        source: rowsOf(means.source, source.templates.cols),
        target: rowsOf(means.target, target.templates.cols)
      }
    },
    oneSided: {
      source: source.samples.length - pairs.length,
      target: target.samples.length - pairs.length
    }
  }

  /** Per source row of a person the target row of another image; undefined where none is left. */
  function partnersOf (rows: readonly number[], candidates: readonly number[]): (number | undefined)[] {
    const left = [...candidates]
    const partners = rows.map(row => {
      const place = left.findIndex(other => target.samples[other] !== source.samples[row])
      return place === -1 ? undefined : left.splice(place, 1)[0]
    })
    // The last source may be left with its own image: it trades with one before it.
    const [stranded] = left
    const last = partners.findIndex(partner => partner === undefined)
    if (stranded === undefined || last === -1) return partners
    const trader = partners.findIndex((partner, k) =>
      partner !== undefined && target.samples[partner] !== source.samples[rows[last]!] &&
      target.samples[stranded] !== source.samples[rows[k]!]
    )
    if (trader !== -1) {
      partners[last] = partners[trader]
      partners[trader] = stranded
    }
    return partners
  }
}

function rowsByLabel ({ identities }: NamedTemplates): Map<string, number[]> {
  const rows = new Map<string, number[]>()
  identities.forEach((who, row) => {
    if (who === null) return
    const own = rows.get(who)
    if (own === undefined) rows.set(who, [row])
    else own.push(row)
  })
  return rows
}
