import { createEngineProducts } from '../../src/engines/onnx/products.js'
import { runOwn, runPaper, type DirectedPair, type PairResult } from './protocol.js'
import { readCorpus, type Corpus } from './templates.js'

export interface PaperTask {
  /** folder of the corpora, and the name of one */
  readonly folder: string
  readonly corpus: string
  readonly pair: DirectedPair
  readonly seeds: readonly number[]
  /** whether to fit the project's own map, on the split of the first seed */
  readonly own: boolean
}

const products = createEngineProducts({ threads: 1 })
const corpora = new Map<string, Promise<Corpus>>()

export default async function run ({ folder, corpus: name, pair, seeds, own }: PaperTask): Promise<PairResult> {
  const loading = corpora.get(name) ?? readCorpus(folder, name)
  corpora.set(name, loading)
  const corpus = await loading
  return {
    ...pair,
    paper: await runPaper(corpus, pair, seeds, products),
    own: own ? await runOwn(corpus, pair, seeds[0]!, products) : null
  }
}
