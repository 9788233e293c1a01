import { figure } from '../../bench/rounds.js'
import { markdownTable, type Section } from '../../bench/section.js'
import { gainOverChance, type ReEnrolmentCurve } from '../../src/science/scores/re-enrolment.js'
import { measuredPairs } from './measured-pairs.js'
import type { GalleryReportOptions } from './options.js'
import { fractions, type ReEnrolmentFigures } from './re-enrolment-figures.js'

const headline = fractions.indexOf(0.1)
/** Below this loss, the recovery depends on a few subjects. */
const minLoss = 0.01
const wanted = 2

type Measure = 'identified' | 'rank1'

/** What re-enrolling the most uncertain subjects recovers of the loss of a migration, for every directed pair. */
export async function reportReEnrolment (options: GalleryReportOptions): Promise<Section> {
  const pairs = (await measuredPairs(options)).flatMap(({ reEnrolment }) => reEnrolment)
  const losing = (of: Measure) => pairs.map(pair => pair[of]).filter(loses)
  const possible = (of: Measure) => losing(of).filter(curve => best(curve) >= wanted)
  const reached = (of: Measure) => losing(of).filter(curve => gain(curve) >= wanted).length
  return {
    title: 'Whom to re-enrol first',
    figures: [
      figure(
        'recovery by the most uncertain 10 %, relative to a random 10 %: FNIR at FPIR 1e-2',
        losing('identified').map(gain),
        wanted
      ),
      figure(
        'the same, over the pairs where some order recovers twice as much',
        possible('identified').map(gain),
        wanted
      ),
      figure(
        'recovery by the most uncertain 10 %, relative to a random 10 %: rank-1',
        losing('rank1').map(gain),
        wanted
      ),
      figure('by the best order in hindsight: FNIR', losing('identified').map(best)),
      figure('by the best order in hindsight: rank-1', losing('rank1').map(best))
    ],
    markdown: [
      `Medians over the directed pairs that lose ${minLoss} or more by the migration (${
        losing('identified').length
      } by FNIR, ${losing('rank1').length} by rank-1), and their spread. ` +
      `By FNIR ${reached('identified')} of them recover at least twice what chance does, of ${
        possible('identified').length
      } where some order could; by rank-1 ${reached('rank1')} of ${possible('rank1').length}. ` +
      "The gallery is translated, and searched with the other model's own templates. Every image of the 844 identities of `lfw` with several is the reference of its subject in turn and the others are its probes; " +
      'strangers and thresholds (FPIR 1e-2) are those of the gallery of first images in the section above, once translated and once native. ' +
      'Re-enrolling a subject replaces its translated template by the one that the other model makes of the same ' +
      'image; the random order is computed in closed form. "Best" knows which subjects will gain: no order does ' +
      'better, and where most subjects have lost, it is itself close to chance. The order is that of ' +
      '`src/science/cards/translation-uncertainty.ts`.',
      table('FNIR at FPIR 1e-2', 'identified', value => 1 - value),
      table('rank-1', 'rank1', value => value),
      'Share of the loss that is recovered, mean over the same pairs:',
      markdownTable(
        ['re-enrolled', 'FNIR: most uncertain', 'random', 'best', 'rank-1: most uncertain', 'random', 'best'],
        fractions.map((fraction, k) => [
          `${100 * fraction} %`,
          ...(['identified', 'rank1'] as const).flatMap(of =>
            (['ranked', 'random', 'best'] as const).map(name =>
              percent(mean(
                losing(of).map(({ points, translated, native }) =>
                  (points[k]![name] - translated) / (native - translated)
                )
              ))
            )
          )
        ])
      )
    ].join('\n\n')
  }

  function table (title: string, of: Measure, shown: (share: number) => number): string {
    return markdownTable([
      'gallery',
      'migrated to',
      `${title}: native`,
      'migrated',
      'most uncertain 10 % re-enrolled',
      'random 10 %',
      'recovered, relative to random',
      'best'
    ], pairs.map(pair => row(pair, pair[of], shown)))
  }
}

function row (
  { source, target }: ReEnrolmentFigures,
  curve: ReEnrolmentCurve,
  shown: (share: number) => number
): string[] {
  const point = curve.points[headline]!
  return [
    source,
    target,
    ...[curve.native, curve.translated, point.ranked, point.random].map(value => shown(value).toFixed(3)),
    ...loses(curve) ? [gain(curve), best(curve)].map(value => value.toFixed(2)) : ['', '']
  ]
}

const loses = ({ translated, native }: ReEnrolmentCurve) => native - translated >= minLoss
const gain = (curve: ReEnrolmentCurve) => gainOverChance(curve, curve.points[headline]!)!
const best = ({ translated, points }: ReEnrolmentCurve) =>
  (points[headline]!.best - translated) / (points[headline]!.random - translated)
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const percent = (share: number) => `${(100 * share).toFixed(1)} %`
