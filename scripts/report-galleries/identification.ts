import { figure } from '../../bench/rounds.js'
import { markdownTable, type Figure, type Section } from '../../bench/section.js'
import type { GalleryFigures } from './gallery-trial.js'
import type { IdentificationFigures, OwnThreshold } from './identification-figures.js'
import { measuredPairs } from './measured-pairs.js'
import type { GalleryReportOptions } from './options.js'

/** How the figures were measured. */
const protocol =
  'Medians over the directed pairs, and their spread. Maps and comparison spaces are fitted on `celeba` (6,139 ' +
  'images of 294 people; 70 % of the people fit, the others calibrate) and measured on `lfw`. The gallery holds ' +
  'the first image of each of the 2,870 identities. Mated searches are those with the other images of the 844 ' +
  'identities that have more than one. Strangers are the identities of `lfw` themselves: every one of the 6,504 ' +
  'images searches the gallery from which its own subject is taken out, 2,869 subjects, so that every person is ' +
  'a stranger once. Identities weigh the same in every rate, ties count against the probe, and a mated search ' +
  'fails (FNIR) when its subject scores below the threshold.'

/** What the columns of the first table compare. */
const columnsExplained =
  '"Searched" compares in the comparison space of the pair, the gallery as it was enrolled; "migrated" ' +
  'translates the gallery into the space of the probes. "Paper" is the best of its three maps, of gallery or of ' +
  'probes, chosen for each figure by the result. FNIR is at the threshold at which these searches by strangers ' +
  'themselves have FPIR 1e-2, so that the columns compare separation alone. Native ceilings:'

/** What the table of thresholds shows. */
const thresholdsExplained = "The service's own threshold for FPIR 1e-2, from the union bound over the references. " +
  '"Expected" is the 95 % ' +
  'interval of the bound and the FNIR that the card of the fit states; "reached" is the rate in searches by ' +
  "other people. The fit's held-out part has 88 people of `celeba`; the last column has the same bound, " +
  'calibrated on one half of the identities of `lfw` for a gallery of the other half, 1,435 subjects, mean of ' +
  'both directions: the remaining difference is due to the bound itself.'

/** Every directed pair of the models: a gallery of one, searched with the other. */
export async function reportIdentification (options: GalleryReportOptions): Promise<Section> {
  const results = await measuredPairs(options)
  const native = new Map(
    results.flatMap(result =>
      result.native === undefined ? [] : [[result.native.model, result.native.figures] as const]
    )
  )
  const pairs = results.flatMap(({ identification }) => identification)
  const ceilingOf = (model: string) => native.get(model)!

  const figures: Figure[] = [
    figure(
      "rank-1 in the comparison space, less the best of the paper's maps in hindsight",
      pairs.map(pair => pair.searched.rank1 - pair.paper.rank1),
      0
    ),
    figure(
      "FNIR at FPIR 1e-2 in the comparison space, less the best of the paper's maps in hindsight",
      pairs.map(pair => pair.searched.fnir - pair.paper.fnir),
      0,
      'at-most'
    ),
    figure(
      'rank-1 in the comparison space, less the weaker model searched with itself',
      pairs.map(pair => pair.searched.rank1 - Math.min(ceilingOf(pair.gallery).rank1, ceilingOf(pair.probe).rank1))
    ),
    figure(
      "actual FPIR of the service's threshold for 1e-2, calibrated on celeba",
      reached(pairs, pair => pair.own.searched)
    ),
    figure('the same in the translated gallery', reached(pairs, pair => pair.own.migrated)),
    figure(
      'the same, calibrated on one half of lfw and searched in the other',
      reached(pairs, pair => pair.own.sameKind)
    )
  ]
  return {
    title: 'Identification across models',
    figures,
    markdown: [
      protocol,
      columnsExplained,
      markdownTable(
        ['model', 'rank-1', 'FNIR at FPIR 1e-2'],
        [...native].map(([model, { rank1, fnir }]) => [model, three(rank1), three(fnir)])
      ),
      markdownTable([
        'gallery',
        'probe',
        'native, gallery / probe',
        'searched',
        'migrated',
        'paper',
        'native, gallery / probe',
        'searched',
        'migrated',
        'paper'
      ], [
        ['', '', 'rank-1', 'rank-1', 'rank-1', 'rank-1', 'FNIR', 'FNIR', 'FNIR', 'FNIR'],
        ...pairs.map(pair => [pair.gallery, pair.probe, ...columns(pair, 'rank1'), ...columns(pair, 'fnir')])
      ]),
      thresholdsExplained,
      markdownTable(
        [
          'gallery',
          'probe',
          'searched: FPIR expected',
          'reached',
          'FNIR expected',
          'reached',
          'migrated: FPIR expected',
          'reached',
          'FNIR expected',
          'reached',
          'calibrated on lfw: FPIR reached'
        ],
        pairs.map(
          pair => [
            pair.gallery,
            pair.probe,
            ...ownColumns(pair.own.searched),
            ...ownColumns(pair.own.migrated),
            pair.own.sameKind.reached === null ? pair.own.sameKind.support : rate(pair.own.sameKind.reached.fpir)
          ]
        )
      )
    ].join('\n\n')
  }

  function columns (pair: IdentificationFigures, name: keyof GalleryFigures): string[] {
    return [
      `${three(ceilingOf(pair.gallery)[name])} / ${three(ceilingOf(pair.probe)[name])}`,
      three(pair.searched[name]),
      three(pair.migrated[name]),
      three(pair.paper[name])
    ]
  }
}

function ownColumns ({ support, expected, reached }: OwnThreshold): string[] {
  return [
    expected.fpir === null ? support : `${rate(expected.fpir.lower)} to ${rate(expected.fpir.upper)}`,
    reached === null ? '' : rate(reached.fpir),
    expected.fnir === null ? '' : three(expected.fnir),
    reached === null ? '' : three(reached.fnir)
  ]
}

function reached (
  pairs: readonly IdentificationFigures[],
  of: (pair: IdentificationFigures) => OwnThreshold
): number[] {
  return pairs.flatMap(pair => of(pair).reached?.fpir ?? [])
}

const three = (value: number) => value.toFixed(3)
const rate = (value: number) => value.toPrecision(2)
