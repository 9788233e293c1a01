import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createEngineProducts } from '../src/engines/onnx/products.js'
import { exampleMapId, type examples } from '../src/platform/http/documented-examples.js'
import { readMapFolder } from '../src/features/maps/map-files.js'
import type { Recalibration } from '../src/science/cards/recalibration.js'
import { recalibrate } from '../src/science/fitting/recalibrate.js'

/** The example map calibrated on the example corpus, as `POST /v1/maps/{id}/calibrations` does it with `kept` means. */
export async function calibrateExample (mapsDir: string, pairs: typeof examples.pairs): Promise<Recalibration> {
  const map = (await readMapFolder(mapsDir)).find(({ id }) => id === exampleMapId)
  if (map === undefined) {
    throw new Error(`expected the example map in ${join(mapsDir)}, found ${await readdir(mapsDir)}`)
  }
  const sorted = [...pairs].sort((a, b) => Buffer.compare(Buffer.from(a.sample), Buffer.from(b.sample)))
  const side = (name: 'source' | 'target') => ({
    samples: sorted.map(({ sample }) => sample),
    identities: sorted.map(({ identity }) => identity),
    templates: {
      rows: sorted.length,
      cols: sorted[0]![name].vector.length,
      data: Float32Array.from(sorted.flatMap(pair => pair[name].vector))
    }
  })
  const products = createEngineProducts({ threads: 1 })
  try {
    const { recalibration } = await recalibrate(
      { map: map.numbers, comparison: map.comparison, card: map.card },
      { source: side('source'), target: side('target'), hash: map.corpusHash },
      { seed: 42, means: 'kept' },
      products
    )
    return recalibration
  } finally {
    await products.release()
  }
}
