import protobuf from 'protobufjs'

/**
 * Takes PRelu apart in the bytes of a model: `y = relu(x) + slope (x - relu(x))`, which is the same number, bit by bit but
 * for the sign of a zero, for every finite x, since one of the two terms is 0.
 *
 * onnxruntime 1.30 computes PRelu on the CPU number by number, with a branch that no processor predicts, for the sign of
 * an activation is as good as random; the four operators are vectorised. Recognition models are full of it: in r512, 33
 * PRelu took more time than the 50 convolutions, and without them it takes 4.3 ms in place of 8.0.
 *
 * @param model ONNX; all but the nodes concerned is kept byte by byte
 * @returns the model itself when there is nothing to take apart
 */
export function splitParametricRelu (model: Uint8Array): Uint8Array {
  const parts = [...fieldsOf(model)]
  // Before operator set 7 operands were not broadcast as they are today.
  if (!parts.some(part => part.number === modelProto.opsetImport && defaultOperatorSet(part.content) >= 7)) return model
  return rewrite(parts, modelProto.graph, graph => {
    const split = rewrite([...fieldsOf(graph)], graphProto.node, splitNode)
    return split === null ? null : [split]
  }) ?? model
}

/** Field numbers of onnx/onnx.proto. */
const modelProto = { graph: 7, opsetImport: 8 } as const
const graphProto = { node: 1 } as const
const nodeProto = { input: 1, output: 2, name: 3, opType: 4 } as const
const operatorSetProto = { domain: 1, version: 2 } as const

/** Wire type of strings and messages. */
const delimited = 2

interface Field {
  readonly number: number
  /** with its tag */
  readonly whole: Uint8Array
  /** of a string or message; empty for numbers */
  readonly content: Uint8Array
}

function * fieldsOf (message: Uint8Array): Generator<Field> {
  const reader = protobuf.Reader.create(message)
  while (reader.pos < reader.len) {
    const start = reader.pos
    const tag = reader.uint32()
    const isDelimited = (tag & 7) === delimited
    const content = isDelimited ? reader.bytes() : new Uint8Array()
    if (!isDelimited) reader.skipType(tag & 7)
    yield { number: tag >>> 3, whole: message.subarray(start, reader.pos), content }
  }
}

/**
 * Puts messages in the place of those of one number.
 * @param replace null for a message that stays
 * @returns null when all of them stay
 */
function rewrite (fields: readonly Field[], number: number, replace: (content: Uint8Array) => readonly Uint8Array[] | null): Uint8Array | null {
  const writer = protobuf.Writer.create()
  let changed = false
  for (const field of fields) {
    const replacements = field.number === number ? replace(field.content) : null
    if (replacements === null) writer.raw(field.whole)
    else for (const replacement of replacements) writer.uint32(number << 3 | delimited).bytes(replacement)
    changed ||= replacements !== null
  }
  return changed ? writer.finish() : null
}

function splitNode (node: Uint8Array): Uint8Array[] | null {
  const fields = [...fieldsOf(node)]
  const texts = (number: number) => fields.filter(field => field.number === number).map(({ content }) => new TextDecoder().decode(content))
  if (texts(nodeProto.opType)[0] !== 'PRelu') return null
  const [x, slope] = texts(nodeProto.input)
  const [y] = texts(nodeProto.output)
  if (x === undefined || slope === undefined || y === undefined) return null
  const [positive, negative, scaled] = [`${y}/positive`, `${y}/negative`, `${y}/scaled`] as const
  return [
    encodeNode('Relu', [x], positive),
    encodeNode('Sub', [x, positive], negative),
    encodeNode('Mul', [negative, slope], scaled),
    encodeNode('Add', [positive, scaled], y)
  ]
}

function encodeNode (op: string, inputs: readonly string[], output: string): Uint8Array {
  const writer = protobuf.Writer.create()
  const write = (number: number, text: string) => writer.uint32(number << 3 | delimited).string(text)
  for (const input of inputs) write(nodeProto.input, input)
  write(nodeProto.output, output)
  write(nodeProto.name, output)
  write(nodeProto.opType, op)
  return writer.finish()
}

/** The version of ONNX's own operators; 0 for those of another domain. */
function defaultOperatorSet (operatorSet: Uint8Array): number {
  const reader = protobuf.Reader.create(operatorSet)
  let version = 0
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    if (tag >>> 3 === operatorSetProto.version) version = Number(reader.int64())
    else if (tag >>> 3 === operatorSetProto.domain && !['', 'ai.onnx'].includes(reader.string())) return 0
    else if (tag >>> 3 !== operatorSetProto.domain) reader.skipType(tag & 7)
  }
  return version
}
