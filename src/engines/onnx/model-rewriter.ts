import protobuf from 'protobufjs'
import { encodeNode, encodeTensor, type OnnxNode, type OnnxTensor } from './model-writer.js'

/** The parts of a node that are read. */
export interface ReadNode {
  readonly op: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
}

interface ReadTensor {
  readonly dims: readonly number[]
  /** Undefined when it has another type than float32, or is not stored as raw bytes. */
  readonly floats: Float32Array | undefined
}

/** The parts of an ONNX model that are read. */
export interface ReadModel {
  /** The version of ONNX's own operators; 0 when the model does not say. */
  readonly operatorSet: number
  /** From version 4 on constants need not be among the inputs. */
  readonly irVersion: number
  readonly nodes: readonly ReadNode[]
  /** Names of the graph's outputs. */
  readonly outputs: ReadonlySet<string>
  constant(name: string): ReadTensor | undefined
}

export interface Changes {
  /** The replacements of each node. */
  readonly nodes: ReadonlyMap<ReadNode, readonly OnnxNode[]>
  readonly constants: readonly OnnxTensor[]
}

/**
 * Replaces nodes in the bytes of a model and adds constants; everything else is kept byte by byte.
 * @param change tells what to replace
 * @returns the model itself when no node is replaced
 */
export function rewriteModel (model: Uint8Array, change: (model: ReadModel) => Changes): Uint8Array {
  const parts = [...fieldsOf(model)]
  const graph = parts.find(({ number }) => number === modelProto.graph)
  if (graph === undefined) return model
  const fields = [...fieldsOf(graph.content)]
  const nodes = new Map(
    fields.filter(({ number }) => number === graphProto.node).map(field => [field, readNode(field.content)])
  )
  const tensors = new Map(
    fields.filter(({ number }) => number === graphProto.initializer).map(({ content }) => [
      text(content, tensorProto.name),
      content
    ])
  )
  const changes = change({
    operatorSet: Math.max(
      0,
      ...parts.filter(
        ({ number }) => number === modelProto.opsetImport
      ).map(({ content }) => defaultOperatorSet(content))
    ),
    irVersion: parts.find(({ number }) => number === modelProto.irVersion)?.value ?? 0,
    nodes: [...nodes.values()],
    outputs: new Set(
      fields.filter(({ number }) => number === graphProto.output).map(
        ({ content }) => text(content, valueInfoProto.name)
      )
    ),
    constant (name) {
      const tensor = tensors.get(name)
      return tensor === undefined ? undefined : readTensor(tensor)
    }
  })
  if (changes.nodes.size === 0) return model

  const rewritten = protobuf.Writer.create()
  for (const field of fields) {
    const replacements = changes.nodes.get(nodes.get(field)!)
    if (replacements === undefined) rewritten.raw(field.whole)
    else for (const node of replacements) writeMessage(rewritten, graphProto.node, encodeNode(node))
  }
  for (const tensor of changes.constants) writeMessage(rewritten, graphProto.initializer, encodeTensor(tensor))
  const content = rewritten.finish()
  const writer = protobuf.Writer.create()
  for (const part of parts) {
    if (part === graph) writeMessage(writer, modelProto.graph, content)
    else writer.raw(part.whole)
  }
  return writer.finish()
}

/** Field numbers of onnx/onnx.proto. */
const modelProto = { irVersion: 1, graph: 7, opsetImport: 8 } as const
const graphProto = { node: 1, initializer: 5, output: 12 } as const
const nodeProto = { input: 1, output: 2, opType: 4, domain: 7 } as const
const tensorProto = { dims: 1, dataType: 2, name: 8, rawData: 9 } as const
const valueInfoProto = { name: 1 } as const
const operatorSetProto = { domain: 1, version: 2 } as const

/** TensorProto.DataType */
const float32 = 1

const wireType = { varint: 0, delimited: 2 } as const

interface Field {
  readonly number: number
  /** with its tag */
  readonly whole: Uint8Array
  /** of a string or message; empty for numbers */
  readonly content: Uint8Array
  /** of an integer */
  readonly value: number | undefined
}

function* fieldsOf (message: Uint8Array): Generator<Field> {
  const reader = protobuf.Reader.create(message)
  while (reader.pos < reader.len) {
    const start = reader.pos
    const tag = reader.uint32()
    const type = tag & 7
    const content = type === wireType.delimited ? reader.bytes() : new Uint8Array()
    const value = type === wireType.varint ? Number(reader.int64()) : undefined
    if (type !== wireType.delimited && type !== wireType.varint) reader.skipType(type)
    yield { number: tag >>> 3, whole: message.subarray(start, reader.pos), content, value }
  }
}

function writeMessage (writer: protobuf.Writer, number: number, message: Uint8Array): void {
  writer.uint32(number << 3 | wireType.delimited).bytes(message)
}

function readNode (node: Uint8Array): ReadNode {
  const fields = [...fieldsOf(node)]
  const texts = (number: number) =>
    fields.filter(field => field.number === number).map(({ content }) => new TextDecoder().decode(content))
  const domain = texts(nodeProto.domain)[0] ?? ''
  // An operator of another domain is unknown here, whatever its name.
  const op = `${ownDomains.includes(domain) ? '' : `${domain}.`}${texts(nodeProto.opType)[0] ?? ''}`
  return { op, inputs: texts(nodeProto.input), outputs: texts(nodeProto.output) }
}

function readTensor (tensor: Uint8Array): ReadTensor {
  const fields = [...fieldsOf(tensor)]
  const of = (number: number) => fields.filter(field => field.number === number)
  const raw = of(tensorProto.rawData)[0]?.content
  const dims = of(tensorProto.dims).flatMap(({ value, content }) =>
    value === undefined
      ? [...varintsOf(content)]
      : [
        value
      ]
  )
  const isSingle = of(tensorProto.dataType)[0]?.value === float32 &&
    raw?.length === 4 * dims.reduce((product, dim) => product * dim, 1)
  return {
    dims,
    // Copied only for those who read them: of the weights of a convolution most ask for the dimensions alone.
    get floats () {
      return isSingle ? new Float32Array(Uint8Array.from(raw).buffer) : undefined
    }
  }
}

/** Packed integers. */
function* varintsOf (packed: Uint8Array): Generator<number> {
  const reader = protobuf.Reader.create(packed)
  while (reader.pos < reader.len) yield Number(reader.int64())
}

function text (message: Uint8Array, number: number): string {
  for (const field of fieldsOf(message)) if (field.number === number) return new TextDecoder().decode(field.content)
  return ''
}

/** ONNX's own operators go by either name. */
const ownDomains = ['', 'ai.onnx']

/** The version of ONNX's own operators; 0 for those of another domain. */
function defaultOperatorSet (operatorSet: Uint8Array): number {
  if (!ownDomains.includes(text(operatorSet, operatorSetProto.domain))) return 0
  for (const { number, value } of fieldsOf(operatorSet)) if (number === operatorSetProto.version) return value ?? 0
  return 0
}
