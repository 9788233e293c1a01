import { aroundProducts } from '../../science/linear-algebra/around-products.js'
import type { Products } from '../../science/linear-algebra/matrix.js'

/**
 * Says to the thread that works on a task that nobody wants it any more. The thread itself goes on: where it is ended under
 * native code, as that of a product is, the whole process ends with it.
 */
export type StopFlag = Int32Array<SharedArrayBuffer>

export const createStopFlag = (): StopFlag => new Int32Array(new SharedArrayBuffer(4))

export function stop (flag: StopFlag): void {
  Atomics.store(flag, 0, 1)
}

export const isStopped = (flag: StopFlag | undefined): boolean => flag !== undefined && Atomics.load(flag, 0) !== 0

/** @throws Error when the task was stopped */
export function throwIfStopped (flag: StopFlag | undefined): void {
  if (isStopped(flag)) throw new Error('the task was stopped')
}

/** Products that throw instead, once the task is stopped that they are for. */
export function stoppable (products: Products, flag: () => StopFlag | undefined): Products {
  return aroundProducts(products, async (_, product) => {
    throwIfStopped(flag())
    return await product()
  })
}
