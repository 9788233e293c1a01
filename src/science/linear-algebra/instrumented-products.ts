import type { Products } from './matrix.js'

/** Sums over rows, which are in double precision, or the precision of other products. */
export type ProductKind = 'sums' | 'double' | 'single'

/** Products each of which is run by `around`. */
export function aroundProducts (products: Products, around: <Result>(kind: ProductKind, product: () => Promise<Result>) => Promise<Result>): Products {
  const sumRows = (...rows: Parameters<Products['sumRows']>) => around('sums', () => products.sumRows(...rows))
  return {
    multiply: (a, b, options) => around(a.data instanceof Float64Array ? 'double' : 'single', () => products.multiply(a, b, options)),
    largeElements: (...operands) => around('single', () => products.largeElements(...operands)),
    substitute: (...operands) => around('double', () => products.substitute(...operands)),
    // TypeScript does not take a function of either arguments for one of two overloads.
    sumRows: sumRows as Products['sumRows']
  }
}
