/** Reads protobuf as far as the weights of an ONNX graph. */

interface Field {
  readonly number: number
  /** of its content, in bytes of the whole */
  readonly from: number
  readonly to: number
  /** of a number; of anything else its length */
  readonly value: number
}

function* fieldsOf (bytes: Uint8Array, from: number, to: number): Generator<Field> {
  let at = from
  const varint = (): number => {
    let [value, factor] = [0, 1]
    for (;;) {
      const byte = bytes[at++]!
      value += (byte & 127) * factor
      if (byte < 128) return value
      factor *= 128
    }
  }
  while (at < to) {
    const tag = varint()
    const wire = tag % 8
    const value = wire === 0 || wire === 2 ? varint() : wire === 1 ? 8 : 4
    const start = at
    if (wire !== 0) at += value
    yield { number: Math.floor(tag / 8), from: start, to: at, value }
  }
}

/**
 * The graph with all weights rounded to 256 levels per tensor, as quantisation to int8 does.
 * @throws Error when no weights are found
 */
export function quantised (model: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(model)
  const view = new DataView(bytes.buffer)
  let tensors = 0
  for (const graph of fieldsOf(bytes, 0, bytes.length)) {
    if (graph.number !== 7) continue
    for (const initialiser of fieldsOf(bytes, graph.from, graph.to)) {
      if (initialiser.number !== 5) continue
      const fields = [...fieldsOf(bytes, initialiser.from, initialiser.to)]
      const isFloat = fields.some(({ number, value }) => number === 2 && value === 1)
      const raw = fields.find(({ number }) => number === 9)
      if (!isFloat || raw === undefined || raw.to - raw.from < 4096) continue
      tensors++
      let largest = 0
      for (let at = raw.from; at < raw.to; at += 4) largest = Math.max(largest, Math.abs(view.getFloat32(at, true)))
      const step = largest / 127
      for (let at = raw.from; at < raw.to; at += 4) {
        view.setFloat32(at, Math.round(view.getFloat32(at, true) / step) * step, true)
      }
    }
  }
  if (tensors === 0) throw new Error('the graph has no weights in raw bytes')
  return bytes
}
