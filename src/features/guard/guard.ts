import { randomInt } from 'node:crypto'
import { selectRows, type TemplateMatrix } from '../../science/linear-algebra/matrix.js'
import { createRandom } from '../../science/linear-algebra/random.js'
import { Problem } from '../../errors.js'
import type { Measures } from '../../platform/measures.js'
import { findInvalidRow } from '../../science/template/check.js'
import { tooManyFlagged, type Judgement } from '../../science/guard/judge.js'
import type { Space } from '../../science/template/space.js'
import type { Drift } from './drift.js'
import type { Measurer } from './measurer.js'
import type { Profiles } from './profiles.js'
import type { ShortRows } from './shortness.js'

export type GuardMode = 'off' | 'flag' | 'refuse'

/** Templates of one space, with their positions in the request. */
export interface GuardedPart {
  readonly space: Space
  /** (n, d) */
  readonly templates: TemplateMatrix
  /** (n); in order when there is only one part */
  readonly positions?: readonly number[]
}

/**
 * Unless the guard refuses, at most this many templates per space are judged; larger batches are sampled evenly. The
 * tests are calibrated for batches of this size, with the false alarm rate they state, and find every synthetic
 * stranger of the shipped profiles from one template on. Judging all of 1,000 costs as much as translating them, once
 * for each space of the dimension.
 */
const maxJudged = 50

interface GuardedTemplate {
  readonly space: Space
  readonly vector: Float32Array
}

/** A side of a verification: templates that came with the request, or an image that was embedded here. */
export type GuardedSide =
  | GuardedTemplate
  | { readonly templates: readonly GuardedTemplate[] }
  | { readonly image: Uint8Array }

/** The guard's findings. */
export interface GuardReport<Where> {
  /**
   * The number of templates judged: all when the guard refuses, otherwise at most 50 per space; none of a space without
   * a profile.
   */
  readonly checked: number
  /** The positions of those that do not look like templates of their model. */
  readonly flagged: Where[]
  /** Whether the templates of a model, taken together, do not look like its own. */
  readonly foreign: boolean
  /** The model that explains them better. */
  readonly likelier: string | null
  /** Null when nothing was judged. */
  readonly falseAlarmRate: Judgement['falseAlarmRate'] | null
}

/**
 * Judges whether templates are of the space they claim, by the profiles of the spaces.
 *
 * @param known the spaces that templates may be of instead, the same list until there are others
 * @param shortRows finds averages of many people; without it lengths are not judged
 * @param measures counts what was judged and flagged
 * @param drift learns of both, to notice a model that has changed
 */
export function createGuard (
  mode: GuardMode,
  known: { spaces(): readonly Space[] },
  profiles: Profiles,
  measurer: Measurer,
  shortRows: ShortRows = async () => [],
  measures?: Pick<Measures, 'guarded'>,
  drift?: Pick<Drift, 'judged'>
) {
  return {
    /**
     * Judges templates of one or more models, those of one model together; a large batch is sampled, unless the guard
     * refuses: then no row passes that was not judged.
     *
     * @returns null when the guard is off
     * @throws InvalidRow when one of the judged templates is not finite or has norm zero
     * @throws Problem `template-foreign` when the guard refuses and the templates of a model, taken together, are
     *   foreign, or one of them is an average
     */
    async inspect (parts: readonly GuardedPart[]): Promise<GuardReport<number> | null> {
      if (mode === 'off') return null
      const found = await Promise.all(parts.map(async ({ space, templates, positions }) => {
        const rows = mode === 'refuse' ? everyRow(templates.rows) : sampleOf(templates.rows)
        const judged = rows.length === templates.rows ? templates : selectRows(templates, rows)
        try {
          const judgement = await judgementOf(space, judged, 'templates')
          return { positions: positions === undefined ? rows : rows.map(row => positions[row]!), judgement }
        } catch (error) {
          throw findInvalidRow(templates) ?? error
        }
      }))
      return summarise(found, (a, b) => a - b)
    },

    /**
     * Judges the templates of a verification, each by itself. Images are embedded here, and need no judgement.
     *
     * @returns null when the guard is off
     * @throws Problem `template-foreign` when the guard refuses and one of them is foreign
     */
    async inspectSides (
      sides: Readonly<Record<'probe' | 'reference', GuardedSide>>
    ): Promise<GuardReport<'probe' | 'reference'> | null> {
      if (mode === 'off') return null
      const judging = (['probe', 'reference'] as const).flatMap(where => {
        const side = sides[where]
        const judge = async ({ space, vector }: GuardedTemplate, name: string) => ({
          judgement: await judgementOf(space, { rows: 1, cols: vector.length, data: vector }, name),
          positions: [where]
        })
        if ('templates' in side) {
          return side.templates.map((template, i) => judge(template, `${where}.templates[${i}]`))
        }
        return 'space' in side ? [judge(side, `${where}.template`)] : []
      })
      const report = summarise(await Promise.all(judging), () => 0)
      return { ...report, flagged: [...new Set(report.flagged)] }
    }
  }

  async function judgementOf (space: Space, templates: TemplateMatrix, where: string): Promise<Judgement | undefined> {
    const field = await profiles.among(space, known.spaces())
    if (field === undefined) return undefined
    const [distances, short] = await Promise.all([
      measurer.squares(field.whitenings, templates),
      shortRows(space, templates)
    ])
    const found = field.judge(distances)
    const flagged = short.length === 0 ? found.flagged : union(found.flagged, short)
    const judgement = {
      ...found,
      flagged,
      foreign: found.foreign || tooManyFlagged(flagged.length, templates.rows, found.falseAlarmRate.template)
    }
    measures?.guarded(space.model, templates.rows, flagged.length)
    drift?.judged(space, templates.rows, flagged.length, found.falseAlarmRate.template)
    if (mode === 'refuse') {
      // Templates of another model are short too: what they are is the better reason.
      if (short.length > 0 && !found.foreign) throw average(space, short, judgement, where)
      if (judgement.foreign) throw foreign(space, templates.rows, judgement, where)
    }
    return judgement
  }
}

export type Guard = ReturnType<typeof createGuard>

/**
 * Merges the findings of a batch and of a later one.
 * @param firstRow of the later one in the request
 */
export function joinReports (
  before: GuardReport<number> | null,
  later: GuardReport<number>,
  firstRow: number
): GuardReport<number> {
  const flagged = later.flagged.map(row => firstRow + row)
  if (before === null) return { ...later, flagged }
  return {
    checked: before.checked + later.checked,
    flagged: [...before.flagged, ...flagged],
    foreign: before.foreign || later.foreign,
    likelier: before.likelier ?? later.likelier,
    falseAlarmRate: before.falseAlarmRate ?? later.falseAlarmRate
  }
}

/**
 * One row from each of `maxJudged` equal stretches, drawn anew each time; all rows when there are no more.
 */
function sampleOf (rows: number): number[] {
  if (rows <= maxJudged) return everyRow(rows)
  // Who could tell which rows are judged could put others between them.
  const random = createRandom(randomInt(2 ** 32))
  return Array.from({ length: maxJudged }, (_, stretch) => Math.floor((stretch + random.next()) * rows / maxJudged))
}

/** Of what was judged: parts of a space without a profile were not. */
function summarise<Where> (
  found: readonly { readonly judgement: Judgement | undefined, readonly positions: readonly Where[] }[],
  order: (a: Where, b: Where) => number
): GuardReport<Where> {
  const flagged: Where[] = []
  let [checked, foreign] = [0, false]
  let likelier: string | null = null
  let falseAlarmRate: GuardReport<Where>['falseAlarmRate'] = null
  for (const { judgement, positions } of found) {
    if (judgement === undefined) continue
    checked += positions.length
    for (const row of judgement.flagged) flagged.push(positions[row]!)
    foreign ||= judgement.foreign
    likelier ??= judgement.likelier
    falseAlarmRate = falseAlarmRate === null
      ? judgement.falseAlarmRate
      : highest(falseAlarmRate, judgement.falseAlarmRate)
  }
  return { checked, flagged: flagged.sort(order), foreign, likelier, falseAlarmRate }
}

type Rates = Judgement['falseAlarmRate']

const highest = (a: Rates, b: Rates): Rates => ({
  template: Math.max(a.template, b.template),
  batch: Math.max(a.batch, b.batch)
})

const union = (a: readonly number[], b: readonly number[]): number[] => [...new Set([...a, ...b])].sort((x, y) => x - y)

const everyRow = (rows: number): number[] => Array.from({ length: rows }, (_, row) => row)

function average (
  space: Space,
  rows: readonly number[],
  { flagged, falseAlarmRate }: Judgement,
  where: string
): Problem {
  return new Problem(
    'template-foreign',
    `${where}: expected templates of one person each, as far from the mean of model "${space.model}" as its own are, ` +
      `received ${rows.length === 1 ? 'one' : `${rows.length}`} much nearer, such as an average of several people` +
      (where === 'templates' ? `, first in row ${rows[0]} of this model` : '') +
      ` (false alarm rate ${falseAlarmRate.template})`,
    { model: space.model, likelier: null, flagged: flagged.length, falseAlarmRate: falseAlarmRate.template }
  )
}

function foreign (
  space: Space,
  count: number,
  { likelier, flagged, falseAlarmRate }: Judgement,
  where: string
): Problem {
  const rate = count === 1 ? falseAlarmRate.template : falseAlarmRate.batch
  return new Problem(
    'template-foreign',
    `${where}: expected ${
      count === 1 ? 'a template' : `${count} templates`
    } like those of model "${space.model}", received ${
      likelier === null ? count === 1 ? 'another' : 'others' : `what looks more like model "${likelier}"`
    }` +
      ` (false alarm rate ${rate})`,
    { model: space.model, likelier, flagged: flagged.length, checked: count, falseAlarmRate: rate }
  )
}
