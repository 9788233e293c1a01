import { instrumentProducts } from '../../science/linear-algebra/instrumented-products.js'
import type { Products } from '../../science/linear-algebra/matrix.js'

/**
 * Tells the thread that works on a task to give it up. The thread is not terminated: a thread that ends inside native
 * code, such as a product, takes the whole process with it.
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

/** Products that throw once the task they are for is stopped. */
export function stoppable (products: Products, flag: () => StopFlag | undefined): Products {
  return instrumentProducts(products, async (_, product) => {
    throwIfStopped(flag())
    return await product()
  })
}
