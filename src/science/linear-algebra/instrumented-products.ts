import type { Products } from './matrix.js'

/** Sums over rows, which are in double precision, or the precision of other products. */
export type ProductKind = 'sums' | 'double' | 'single'

type Wrapper = <Result>(kind: ProductKind, product: () => Promise<Result>) => Promise<Result>

/** Products each of which is run by `wrap`. */
export function instrumentProducts (products: Products, wrap: Wrapper): Products {
  const sumRows = (...rows: Parameters<Products['sumRows']>) => wrap('sums', () => products.sumRows(...rows))
  return {
    multiply: (a, b, options) =>
      wrap(a.data instanceof Float64Array ? 'double' : 'single', () => products.multiply(a, b, options)),
    largeElements: (...operands) => wrap('single', () => products.largeElements(...operands)),
    substitute: (...operands) => wrap('double', () => products.substitute(...operands)),
    // TypeScript does not accept a function of either argument list as an overloaded one.
    sumRows: sumRows as Products['sumRows']
  }
}
