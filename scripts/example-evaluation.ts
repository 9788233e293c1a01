import { evaluateModels } from '../src/science/fitting/evaluate-models.js'
import type { ModelEvaluation } from '../src/science/cards/model-evaluation.js'
import { createEngineProducts } from '../src/engines/onnx/products.js'
import type { examples } from '../src/platform/http/documented-examples.js'

/**
 * The evaluation of the two example spaces on the example corpus, as `POST /v1/evaluations` makes it of its own
 * example.
 */
export async function evaluateExamples (pairs: typeof examples.pairs): Promise<ModelEvaluation> {
  // In the order in which a corpus has its samples.
  const sorted = [...pairs].sort((a, b) => Buffer.compare(Buffer.from(a.sample), Buffer.from(b.sample)))
  const templates = (['source', 'target'] as const).map(side => ({
    rows: sorted.length,
    cols: sorted[0]![side].vector.length,
    data: Float32Array.from(sorted.flatMap(pair => pair[side].vector))
  }))
  const products = createEngineProducts({ threads: 1 })
  try {
    return await evaluateModels(
      {
        models: ['example-a', 'example-b'],
        corpus: {
          samples: sorted.map(({ sample }) => sample),
          identities: sorted.map(({ identity }) => identity),
          templates
        }
      },
      { method: 'ridge', fmr: 0.1, seed: 42, heldOutFraction: 0.3 },
      products
    )
  } finally {
    await products.release()
  }
}
