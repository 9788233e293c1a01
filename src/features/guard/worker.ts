import type { SpaceProfile } from '../../science/guard/guard-profile.js'
import { advantageOf, type Advantage } from '../../science/guard/guard-rivalry.js'
import { createEngineProducts } from '../../engines/onnx/products.js'

export interface AdvantageTask {
  readonly other: SpaceProfile
  readonly own: SpaceProfile
}

const products = createEngineProducts({ threads: 1 })

export async function advantage ({ other, own }: AdvantageTask): Promise<Advantage> {
  return await advantageOf(other, own, products)
}
