import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { argv } from 'node:process'
import { pathToFileURL } from 'node:url'
import { projectRoot } from '../src/config.js'
import { instrumentProducts, type ProductKind } from '../src/science/linear-algebra/instrumented-products.js'
import { shared } from '../src/science/linear-algebra/canonical-correlation.js'
import type { FoldScorer } from '../src/science/alignment/fold-scores.js'
import { indexIdentities } from '../src/science/linear-algebra/identities.js'
import { rowRange, type Matrix, type Products, type TemplateMatrix } from '../src/science/linear-algebra/matrix.js'
import { normaliseRows } from '../src/science/linear-algebra/normalise.js'
import { createRandom, type Random } from '../src/science/linear-algebra/random.js'
import { lambdaPath } from '../src/science/alignment/ridge.js'
import { dealScoredFolds, type TrainingPairs } from '../src/science/alignment/folds.js'
import { select } from '../src/science/alignment/selection.js'
import { gatherMutualStatistics, mutualMoments, nearMean } from '../src/science/alignment/statistics.js'
import { createFoldThreads } from '../src/features/maps/fitting/fold-threads.js'
import { createEngineProducts } from '../src/engines/onnx/products.js'
import { bytesOfFloat32 } from '../src/science/template/float32.js'
import { largestDifference } from '../test/support/synthetic-pairs.js'
import { runProgram } from './processes.js'
import { alternate, comparison, figure } from './rounds.js'
import { figuresTable, markdownTable, type MeasureOptions, type Section } from './section.js'

/** Of either side: within a product of onnxruntime or for the folds, and within a product of OpenBLAS. */
const threads = 2
const seed = 1
const shrinkage = 0.3
const imagesEach = 5
/** Directions that both models see, whatever their dimension. */
const latentDimension = 128
/** Rows by which the two implementations of the shared space are compared. */
const comparedRows = 8

/** Debian's own interpreter: that of the search path may be another, without these packages. */
const python = '/usr/bin/python3'
const peer = join(projectRoot, 'bench', 'peers', 'fit_numpy.py')

interface PeerRun {
  readonly seconds: number
  readonly results: readonly number[]
}

/**
 * The estimators alone, beside numpy and scikit-learn: the path of ridge regressions with cross-validation over
 * identities, and the shared space. Either side reads the same templates, and what it gives is compared.
 */
export async function measure ({ rounds, log }: MeasureOptions): Promise<Section> {
  const present = await presentPeers()
  const folder = await mkdtemp(join(tmpdir(), 'crosswalk-bench-'))
  const products = createEngineProducts({ threads })
  const folds = createFoldThreads({ threads, products })
  try {
    const ridge = await measureRidge(folder, products, folds.scoreFolds, present !== undefined, { rounds, log })
    const canonical = await measureShared(folder, products, present !== undefined, { rounds, log })
    const shares = [['ridge path', ridge.shares], ['shared space', canonical.shares]] as const
    return {
      title: 'Fitting',
      figures: [...ridge.figures, ...canonical.figures],
      markdown: [
        present === undefined ? 'Neither numpy nor scikit-learn is here.' : `Peers: ${present}.`,
        `Both sides use ${threads} threads. The path of ridge regressions is fitted on 50,000 pairs of 512 and 512 dimensions, 10,000 identities: ` +
        `${lambdaPath.length} lambdas, five folds that share no identity, the score the mean TMR at FMR 0.1, 0.01 and 0.001 on 1,500 rows of a fold. numpy takes Gram ` +
        'matrices by fold and one eigen-decomposition for all lambdas of a fold; scikit-learn takes `GridSearchCV` of `Ridge` with `GroupKFold`, whose score is R², once.',
        `The shared space is regularised CCA (g = ${shrinkage}) of 10,000 pairs of 1,024 and 1,024 dimensions, from the templates to both sides' weights.`,
        ...[ridge.agreement, canonical.agreement].filter(line => line !== undefined),
        'Where the time of ours goes, on one thread, which takes all of it:\n\n' +
        markdownTable(['', ...kindNames], shares.map(([name, shares]) => [name, ...shares.map(percent)]))
      ].join('\n\n')
    }
  } finally {
    await folds.close()
    await products.release()
    await rm(folder, { recursive: true, force: true })
  }
}

interface Measured {
  readonly figures: Section['figures']
  readonly agreement: string | undefined
  readonly shares: Shares
}

const kinds: readonly ProductKind[] = ['sums', 'double', 'single']
const kindNames = [
  'sums over rows',
  'products in double precision',
  'products in single precision',
  'what lies between them'
]
/** of the time, in the order of `kindNames` */
type Shares = readonly number[]

const percent = (share: number) => `${(100 * share).toFixed(0)} %`

/** What products take of some work on one thread. */
async function sharesOf (work: (products: Products) => Promise<unknown>): Promise<Shares> {
  const engine = createEngineProducts({ threads: 1 })
  const took: Record<ProductKind, number> = { sums: 0, double: 0, single: 0 }
  const products = instrumentProducts(engine, async (kind, product) => {
    const start = performance.now()
    try {
      return await product()
    } finally {
      took[kind] += performance.now() - start
    }
  })
  try {
    await work(products)
    for (const kind of kinds) took[kind] = 0
    const all = await milliseconds(async () => {
      await work(products)
    })
    const shares = kinds.map(kind => took[kind] / all)
    return [...shares, shares.reduce((left, share) => left - share, 1)]
  } finally {
    await engine.release()
  }
}

async function measureRidge (
  folder: string,
  products: Products,
  scoreFolds: FoldScorer,
  hasPeers: boolean,
  options: MeasureOptions
): Promise<Measured> {
  options.log('ridge, 50,000 x 512, lambda path and five folds; milliseconds')
  const pairs = await pairsOf(50_000, 512, 512, products)
  const { folds, scored } = dealScoredFolds(pairs, seed)
  const foldOf = new Int32Array(pairs.rows.length)
  const isScored = new Uint8Array(pairs.rows.length)
  folds.forEach((rows, fold) => {
    for (const row of rows) foldOf[row] = fold
  })
  for (const row of scored.flat()) isScored[row] = 1
  await writeProblem(folder, pairs, { folds: folds.length, lambdas: lambdaPath, rates: [1e-1, 1e-2, 1e-3] })
  await writeFile(join(folder, 'fold.i32'), bytesOf(foldOf))
  await writeFile(join(folder, 'scored.u8'), isScored)

  let ours: readonly number[] = []
  let theirs: readonly number[] = []
  const numpy = async () => {
    const { seconds, results } = await runPeer('ridge', folder)
    theirs = results
    return 1000 * seconds
  }
  const times = await alternate({
    crosswalk: async () =>
      await milliseconds(async () => {
        const { selection } = await select(pairs, 'ridge', seed, products, undefined, scoreFolds)
        ours = selection.candidates.map(({ score }) => score!)
      }),
    numpy: hasPeers ? numpy : undefined
  }, options)
  const shares = await sharesOf(products => select(pairs, 'ridge', seed, products))
  const figures = [
    figure('ridge path with cross-validation, 50,000 x 512, seconds', times.crosswalk.map(time => time / 1000)),
    ...comparison(
      'ridge path: time of numpy by ours',
      times.numpy,
      times.crosswalk.slice(0, times.numpy.length),
      hasPeers ? 1 : null
    )
  ]
  if (!hasPeers) return { figures: figures.slice(0, 1), agreement: undefined, shares }
  const scikit = await runPeer('scikit-learn', folder)
  options.log(`  scikit-learn ${Math.round(1000 * scikit.seconds).toLocaleString('en-US')}`)
  const apart = Math.max(...ours.map((score, k) => Math.abs(score - theirs[k]!)))
  return {
    shares,
    figures: [
      ...figures,
      figure('ridge path: time of scikit-learn by ours', times.crosswalk.map(time => 1000 * scikit.seconds / time), 1)
    ],
    agreement: `The cross-validated scores of the two agree within ${apart.toExponential(1)}.`
  }
}

async function measureShared (
  folder: string,
  products: Products,
  hasPeers: boolean,
  options: MeasureOptions
): Promise<Measured> {
  options.log('shared space, 10,000 x 1,024; milliseconds')
  const pairs = await pairsOf(10_000, 1024, 1024, products)
  await writeProblem(folder, pairs, { shrinkage })
  let ours: Matrix | undefined
  const times = await alternate({
    crosswalk: async () =>
      await milliseconds(async () => {
        ours = await sharedProduct(pairs, products)
      }),
    numpy: hasPeers ? async () => 1000 * (await runPeer('shared', folder)).seconds : undefined
  }, options)
  const shares = await sharesOf(products => sharedProduct(pairs, products))
  const seconds = figure('shared space, 10,000 x 1,024, seconds', times.crosswalk.map(time => time / 1000))
  if (!hasPeers) return { figures: [seconds], agreement: undefined, shares }
  const ratio = {
    ...figure("shared space: our time by numpy's", times.crosswalk.map((time, round) => time / times.numpy[round]!), 2),
    sense: 'at-most' as const
  }
  const bytes = await readFile(join(folder, 'shared-numpy.f64'))
  const theirs: Matrix = {
    rows: comparedRows,
    cols: comparedRows,
    data: new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
  }
  const size = Math.max(...theirs.data.map(Math.abs))
  return {
    figures: [seconds, ratio],
    shares,
    agreement: `Products of the two sides, which no common rotation changes, agree with numpy's within ${
      (largestDifference(ours!, theirs) / size).toExponential(1)
    } of the largest.`
  }
}

/** The shared space, and the products of the first dimensions of its sides. */
async function sharedProduct ({ source, target, rows }: TrainingPairs, products: Products): Promise<Matrix> {
  const origins = { source: nearMean(source, rows), target: nearMean(target, rows) }
  const { forward, backward } = mutualMoments(await gatherMutualStatistics(source, target, rows, origins, products))
  const sides = await shared(
    { source: forward.gram, target: backward.gram, cross: forward.cross },
    { source: shrinkage, target: shrinkage },
    products
  )
  return await products.multiply(rowRange(sides.source, 0, comparedRows), rowRange(sides.target, 0, comparedRows), {
    transposeB: true
  })
}

/** What of numpy and scikit-learn is here, as a line of text; undefined when something is missing. */
async function presentPeers (): Promise<string | undefined> {
  const script = 'import sys, numpy, scipy, sklearn\n' +
    'print(f"Python {sys.version.split()[0]}, numpy {numpy.__version__}, scipy {scipy.__version__}, scikit-learn {sklearn.__version__}")'
  return await runProgram(python, ['-c', script], { name: 'Python' }).then(output => output.trim(), () => undefined)
}

async function runPeer (what: 'ridge' | 'scikit-learn' | 'shared', folder: string): Promise<PeerRun> {
  return JSON.parse(
    await runProgram(python, [peer, what, folder], {
      name: `${what} in Python`,
      env: { OPENBLAS_NUM_THREADS: String(threads) }
    })
  ) as PeerRun
}

async function writeProblem (
  folder: string,
  { source, target, identities }: TrainingPairs,
  problem: object
): Promise<void> {
  await writeFile(
    join(folder, 'problem.json'),
    JSON.stringify({ dSource: source.cols, dTarget: target.cols, ...problem })
  )
  await writeFile(join(folder, 'source.f32'), bytesOfFloat32(source.data))
  await writeFile(join(folder, 'target.f32'), bytesOfFloat32(target.data))
  await writeFile(join(folder, 'identity.i32'), bytesOf(identities.ofRow))
}

function bytesOf ({ buffer, byteOffset, byteLength }: Int32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/**
 * Two models of one world: an image is a point near its identity's, which each model sees by a linear map and with
 * noise of its own.
 */
async function pairsOf (images: number, dSource: number, dTarget: number, products: Products): Promise<TrainingPairs> {
  const random = createRandom(seed)
  const centres = normals(random, Math.ceil(images / imagesEach), latentDimension, 1)
  const views = normals(random, images, latentDimension, 0.9)
  for (let i = 0; i < images; i++) {
    for (let k = 0; k < latentDimension; k++) {
      const at = i * latentDimension + k
      views.data[at] = views.data[at]! + centres.data[Math.floor(i / imagesEach) * latentDimension + k]!
    }
  }
  const seen = async (dimension: number): Promise<TemplateMatrix> => {
    const side = await products.multiply(views, normals(random, latentDimension, dimension, 1))
    const noise = normals(random, images, dimension, 12)
    for (let k = 0; k < noise.data.length; k++) side.data[k] = side.data[k]! + noise.data[k]!
    return normaliseRows(side)
  }
  const [source, target] = [await seen(dSource), await seen(dTarget)]
  const rows = Array.from({ length: images }, (_, row) => row)
  const identities = indexIdentities(
    rows.map(row => `person ${Math.floor(row / imagesEach)}`),
    rows.map(row => `image ${row}`)
  )
  return { source, target, identities, rows }
}

/**
 * Nearly normal: sums of four uniform variates, which 50 million take two seconds for where Box and Muller take five.
 */
function normals (random: Random, rows: number, cols: number, deviation: number): TemplateMatrix {
  const data = new Float32Array(rows * cols)
  for (let k = 0; k < data.length; k++) {
    data[k] = deviation * Math.sqrt(3) * (random.next() + random.next() + random.next() + random.next() - 2)
  }
  return { rows, cols, data }
}

async function milliseconds (work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

if (import.meta.url === pathToFileURL(argv[1] ?? '').href) {
  const section = await measure({ rounds: 3, log: line => console.log(line) })
  console.log(`\n${section.markdown}\n\n${figuresTable(section.figures)}`)
}
