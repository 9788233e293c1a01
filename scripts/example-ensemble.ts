import { createEngineProducts } from '../src/engines/onnx/products.js'
import { readMapFolder } from '../src/features/maps/map-files.js'
import { exampleMapId, type examples, exampleSpaces } from '../src/platform/http/documented-examples.js'
import type { ComparisonSpec } from '../src/science/alignment/comparison-candidates.js'
import type { EnsembleCard } from '../src/science/cards/ensemble-card.js'
import { fitEnsemble } from '../src/science/fitting/fit-ensemble.js'

/** The ensemble of the example spaces, as `POST /v1/ensembles` fits it on the example corpus with the example map. */
export async function fitExampleEnsemble (mapsDir: string, pairs: typeof examples.pairs): Promise<EnsembleCard> {
  const map = (await readMapFolder(mapsDir)).find(({ id }) => id === exampleMapId)
  if (map?.comparison === undefined || map.card.comparison === undefined) {
    throw new Error(`expected the example map with a comparison space in ${mapsDir}`)
  }
  const sorted = [...pairs].sort((a, b) => Buffer.compare(Buffer.from(a.sample), Buffer.from(b.sample)))
  const { kind, estimator, shrinkage, offset, normalisation } = map.card.comparison
  const products = createEngineProducts({ threads: 1 })
  try {
    return await fitEnsemble(
      {
        models: exampleSpaces.map(({ id }) => id),
        samples: sorted.map(({ sample }) => sample),
        identities: sorted.map(({ identity }) => identity),
        templates: (['source', 'target'] as const).map(side => ({
          rows: sorted.length,
          cols: sorted[0]![side].vector.length,
          data: Float32Array.from(sorted.flatMap(pair => pair[side].vector))
        })),
        hash: map.corpusHash,
        spaces: [{
          source: 0,
          target: 1,
          map: exampleMapId,
          space: map.comparison,
          refit: { kind, estimator: estimator as ComparisonSpec['estimator'], shrinkage, offset, normalisation }
        }]
      },
      { seed: 42 },
      products
    )
  } finally {
    await products.release()
  }
}
