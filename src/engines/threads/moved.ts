import { move, Piscina } from 'piscina'

/**
 * In a worker: a result whose arrays are transferred to the calling thread instead of copied.
 * @param arrays of the result; each fills its buffer
 */
export function moved<T extends object> (result: T, arrays: readonly Float32Array[]): T {
  return move({
    [Piscina.transferableSymbol]: arrays.map(({ buffer }) => buffer as ArrayBuffer),
    [Piscina.valueSymbol]: result
  } as unknown as ArrayBuffer) as unknown as T
}
