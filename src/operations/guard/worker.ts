import type { TemplateMatrix } from '../../alignment/matrix.js'
import type { SpaceProfile } from '../../evaluation/guard-profile.js'
import { advantageOf, type Advantage } from '../../evaluation/guard-rivalry.js'
import { squaredDistances, type Whitening } from '../../evaluation/mahalanobis.js'
import { createEngineProducts } from '../../onnx/products.js'

export interface DistancesTask { readonly whitening: Whitening, readonly templates: TemplateMatrix }
export interface AdvantageTask { readonly other: SpaceProfile, readonly own: SpaceProfile }

const products = createEngineProducts({ threads: 1 })

export async function distances ({ whitening, templates }: DistancesTask): Promise<Float64Array> {
  return await squaredDistances(whitening, templates, products)
}

export async function advantage ({ other, own }: AdvantageTask): Promise<Advantage> {
  return await advantageOf(other, own, products)
}
