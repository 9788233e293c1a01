import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { figure } from '../../bench/rounds.js'
import { markdownTable, type Section } from '../../bench/section.js'
import { createEngineProducts } from '../../src/engines/onnx/products.js'
import { readPolicy } from '../../src/features/plans/policy.js'
import {
  decideMigration,
  migrationOptions,
  type MigrationOption,
  type OptionFigures
} from '../../src/science/cards/migration-decision.js'
import {
  figuresOf,
  fitMigrationOptions,
  measureMigrationOptions,
  reversedMigration,
  sidesOfOptions,
  type FittedMigration
} from '../../src/science/fitting/migration-options.js'
import { splitIdentities } from '../../src/science/linear-algebra/identities.js'
import type { Products } from '../../src/science/linear-algebra/matrix.js'
import { createRandom } from '../../src/science/linear-algebra/random.js'
import { everyRow, readLabelledSet, subset, type LabelledSet } from '../report/labelled-set.js'
import { modelsOfFolder } from '../templates-folder.js'

const seed = 42
/** of the gallery that `re-enrol` makes anew */
const share = 0.1
/** FNIR that a decision may lose against the best option in hindsight */
const maxRegret = 0.005

interface ReportedPlans {
  /** folder with a subfolder per data set */
  readonly data: string
  readonly fit: string
  readonly test: string
  /** share of the identities of `fit` that is tested on instead of `test` */
  readonly split: number | undefined
  readonly models: readonly string[] | undefined
  readonly policy: string
  /** file of what an earlier run has measured, which grows; none when undefined */
  readonly results: string | undefined
  log(line: string): void
}

/** FNIR by option */
type Rates = Readonly<Record<MigrationOption, number>>

interface Decided {
  readonly gallery: string
  readonly model: string
  readonly expected: Rates
  readonly reached: Rates
  readonly migrate: boolean
  readonly chosen: MigrationOption
  readonly best: MigrationOption
  readonly regret: number
}

/** The decisions for every directed pair of models, with their regret against hindsight. */
export async function reportPlans ({ policy: text, log, ...options }: ReportedPlans): Promise<Section> {
  const policy = { ...readPolicy(text), oldModelStays: true }
  const models = options.models ?? await modelsOfFolder(join(options.data, options.fit))
  const { fitted, tested } = await readSets(options, models)
  const products = createEngineProducts({ threads: 2 })
  const decided = await readResults(options.results)
  for (const [k, a] of models.entries()) {
    for (const b of models.slice(k + 1)) {
      if (decided.some(({ gallery, model }) => gallery === b && model === a)) continue
      const migration = await fitMigrationOptions(
        {
          samples: fitted.samples,
          identities: fitted.labels,
          source: fitted.of(a),
          target: fitted.of(b),
          oneSided: { source: 0, target: 0 },
          hash: ''
        },
        seed,
        products
      )
      for (
        const order of [{ gallery: a, model: b, migration }, {
          gallery: b,
          model: a,
          migration: reversedMigration(migration)
        }]
      ) {
        const one = await decide(order, tested, policy, products)
        decided.push(one)
        if (options.results !== undefined) await appendFile(options.results, `${JSON.stringify(one)}\n`)
        log(rowOf(one).join('  '))
      }
    }
  }
  await products.release()
  return sectionOf(decided, text, options)
}

async function readResults (file: string | undefined): Promise<Decided[]> {
  if (file === undefined) return []
  const text = await readFile(file, 'utf8').catch(() => '')
  return text.split('\n').filter(line => line !== '').map(line => JSON.parse(line) as Decided)
}

async function readSets (
  { data, fit, test, split }: Pick<ReportedPlans, 'data' | 'fit' | 'test' | 'split'>,
  models: readonly string[]
): Promise<{ fitted: LabelledSet, tested: LabelledSet }> {
  const whole = await readLabelledSet(data, fit, models)
  if (split === undefined) return { fitted: whole, tested: await readLabelledSet(data, test, models) }
  const { training, heldOut } = splitIdentities(whole.identities, split, createRandom(seed))
  return { fitted: subset(whole, training), tested: subset(whole, heldOut) }
}

async function decide (
  { gallery, model, migration }: { readonly gallery: string, readonly model: string, migration: FittedMigration },
  tested: LabelledSet,
  policy: Parameters<typeof decideMigration>[1],
  products: Products
): Promise<Decided> {
  const { fmr } = policy
  const { figures: expected } = await measureMigrationOptions(migration, { fmr, share, seed }, products)
  const identity = Int32Array.from(everyRow(tested), row => tested.identities.ofRow[row]!)
  const sides = await sidesOfOptions(migration.fitted, tested.of(gallery), tested.of(model), share, products)
  const { figures: reached } = await figuresOf([sides], [identity], { fmr, seed }, products)
  const { migrate, option: chosen } = decideMigration(expected.filter(isOpen), policy, seed)
  const best = reached.filter(isOpen).reduce((x, y) => y.tmr > x.tmr ? y : x).option
  const rates = fnirOf(reached)
  return {
    gallery,
    model,
    expected: fnirOf(expected),
    reached: rates,
    migrate,
    chosen,
    best,
    regret: rates[chosen] - rates[best]
  }
}

/** Templates alone re-enrol nobody. */
const isOpen = ({ option }: OptionFigures) => option !== 're-enrol'

const fnirOf = (figures: readonly OptionFigures[]) =>
  Object.fromEntries(figures.map(({ option, tmr }) => [option, 1 - tmr])) as Rates

function sectionOf (
  decided: readonly Decided[],
  policy: string,
  { fit, test, split }: Pick<ReportedPlans, 'fit' | 'test' | 'split'>
): Section {
  const regrets = decided.map(({ regret }) => regret)
  const others = split === undefined
    ? `those of \`${test}\``
    : `${100 * split} % of its people, whom nothing was fitted on`
  const exceeding = decided.filter(({ regret }) => regret > maxRegret)
  return {
    title: 'Regret',
    figures: [
      figure('regret: largest', [Math.max(...regrets)], maxRegret, 'at-most'),
      figure('regret: of the directed pairs', regrets)
    ],
    markdown: [
      `\`--policy ${policy}\`, decided by the people of \`${fit}\`, tried on ${others}: ${decided.length} directed ` +
      `pairs, ${
        decided.filter(({ migrate }) => migrate).length
      } of them moved, ${exceeding.length} with a regret above ` +
      `${maxRegret}. The cells are FNIR, expected and then reached with the other people. Regret is what the decision ` +
      'reached less what the best option reached. The last option re-enrols the most unusual 10 % from photographs; ' +
      'it is shown, and not open to the decision.',
      markdownTable(
        ['gallery', 'new model', ...migrationOptions, 'decided', 'best in hindsight', 'regret'],
        decided.map(rowOf)
      )
    ].join('\n\n')
  }
}

function rowOf ({ gallery, model, expected, reached, migrate, chosen, best, regret }: Decided): string[] {
  return [
    gallery,
    model,
    ...migrationOptions.map(option => [expected, reached].map(rates => rates[option].toFixed(3)).join(', ')),
    migrate ? chosen : "don't",
    best,
    regret.toFixed(4)
  ]
}
