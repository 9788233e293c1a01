import { createEngineProducts } from '../../../engines/onnx/products.js'
import { moved } from '../../../engines/threads/moved.js'
import { rowRange, type TemplateMatrix } from '../../../science/linear-algebra/matrix.js'
import { coarsen } from '../../../science/scores/disclosure.js'

export interface ScoreTask {
  /** (p, k) */
  readonly probes: TemplateMatrix
  /** (m, k), moved here and back */
  readonly references: TemplateMatrix
  /** the references to compare with, `from` to `to` exclusive */
  readonly from: number
  readonly to: number
  /** present where scores are coarsened, with the threshold of a match, see `coarsen` */
  readonly coarse: { readonly threshold: number | null } | undefined
}

export interface Scores {
  /** (p, to - from), row-major */
  readonly scores: Float32Array
  /** what came with the task */
  readonly references: Float32Array
}

const products = createEngineProducts({ threads: 1 })

/** Inner products of probes with references. */
export async function score ({ probes, references, from, to, coarse }: ScoreTask): Promise<Scores> {
  const { data: scores } = await products.multiply(probes, rowRange(references, from, to), { transposeB: true })
  if (coarse !== undefined) coarsen(scores, coarse.threshold)
  return moved({ scores, references: references.data }, [scores, references.data])
}
