import protobuf from 'protobufjs'

/**
 * Writes ONNX graphs: the converted recognition models, the small graphs that serve as a linear-algebra engine, and
 * maps for other runtimes.
 * Only the parts of ONNX that these need are here: static nodes, dense tensors, no subgraphs.
 */

export interface OnnxTensor {
  name: string
  dims: readonly number[]
  /** Row-major, with as many elements as `dims` multiply to. */
  data: Float32Array | Float64Array | BigInt64Array
}

export type OnnxAttribute = { int: number } | { ints: readonly number[] } | { float: number } | {
  floats: readonly number[]
} | { string: string }

export interface OnnxNode {
  op: string
  /** An omitted optional input is the empty string. */
  inputs: readonly string[]
  outputs: readonly string[]
  attributes?: Readonly<Record<string, OnnxAttribute>>
}

export interface OnnxValue {
  name: string
  type: keyof typeof elementType
  /** A string is a symbolic dimension: equal names are equal sizes. */
  dims: readonly (number | string)[]
}

export interface OnnxGraph {
  name: string
  inputs: readonly OnnxValue[]
  outputs: readonly OnnxValue[]
  initializers: readonly OnnxTensor[]
  /** Every node comes after the nodes it reads, as ONNX requires. */
  nodes: readonly OnnxNode[]
  /** what the model is, for people and programs that open the file; in this order */
  metadata?: Readonly<Record<string, string>>
}

/** The members of onnx/onnx.proto (ONNX 1.12, proto2) that are written here, with their field numbers. */
const schema = protobuf.parse(
  `
  syntax = "proto2";
  package onnx;

  message AttributeProto {
    enum AttributeType { UNDEFINED = 0; FLOAT = 1; INT = 2; STRING = 3; FLOATS = 6; INTS = 7; }
    optional string name = 1;
    optional float f = 2;
    optional int64 i = 3;
    optional bytes s = 4;
    repeated float floats = 7;
    repeated int64 ints = 8;
    optional AttributeType type = 20;
  }
  message NodeProto {
    repeated string input = 1;
    repeated string output = 2;
    optional string name = 3;
    optional string op_type = 4;
    repeated AttributeProto attribute = 5;
  }
  message TensorProto {
    repeated int64 dims = 1;
    optional int32 data_type = 2;
    optional string name = 8;
    optional bytes raw_data = 9;
  }
  message TensorShapeProto {
    message Dimension {
      oneof value { int64 dim_value = 1; string dim_param = 2; }
    }
    repeated Dimension dim = 1;
  }
  message TypeProto {
    message Tensor {
      optional int32 elem_type = 1;
      optional TensorShapeProto shape = 2;
    }
    oneof value { Tensor tensor_type = 1; }
  }
  message ValueInfoProto {
    optional string name = 1;
    optional TypeProto type = 2;
  }
  message GraphProto {
    repeated NodeProto node = 1;
    optional string name = 2;
    repeated TensorProto initializer = 5;
    repeated ValueInfoProto input = 11;
    repeated ValueInfoProto output = 12;
  }
  message OperatorSetIdProto {
    optional string domain = 1;
    optional int64 version = 2;
  }
  message StringStringEntryProto {
    optional string key = 1;
    optional string value = 2;
  }
  message ModelProto {
    optional int64 ir_version = 1;
    optional string producer_name = 2;
    optional GraphProto graph = 7;
    repeated OperatorSetIdProto opset_import = 8;
    repeated StringStringEntryProto metadata_props = 14;
  }
`,
  { keepCase: true }
).root
const modelProto = schema.lookupType('onnx.ModelProto')
const nodeProto = schema.lookupType('onnx.NodeProto')
const tensorProto = schema.lookupType('onnx.TensorProto')

const irVersion = 8
const opset = 17

/** TensorProto.DataType */
export const elementType = { float32: 1, uint8: 2, int64: 7, float64: 11 } as const
/** AttributeProto.AttributeType */
const attributeType = { float: 1, int: 2, string: 3, floats: 6, ints: 7 } as const

/**
 * Encodes a graph as an ONNX model of operator set 17 (IR version 8), which onnxruntime reads. The same graph always
 * gives the same bytes: fields are written in the order of their numbers, lists and attributes in the given order.
 *
 * @throws RangeError when a tensor has another number of elements than its dimensions require
 */
export function encodeModel (graph: OnnxGraph): Uint8Array {
  return modelProto.encode({
    ir_version: irVersion,
    producer_name: 'crosswalk',
    graph: {
      node: graph.nodes.map(node),
      name: graph.name,
      initializer: graph.initializers.map(tensor),
      input: graph.inputs.map(valueInfo),
      output: graph.outputs.map(valueInfo)
    },
    opset_import: [{ domain: '', version: opset }],
    metadata_props: Object.entries(graph.metadata ?? {}).map(([key, value]) => ({ key, value }))
  }).finish()
}

/** Encodes a single node, for a graph that has others. */
export function encodeNode (part: OnnxNode): Uint8Array {
  return nodeProto.encode(node(part)).finish()
}

/** As `encodeNode`, for a tensor. */
export function encodeTensor (part: OnnxTensor): Uint8Array {
  return tensorProto.encode(tensor(part)).finish()
}

function node ({ op, inputs, outputs, attributes = {} }: OnnxNode) {
  return {
    input: inputs,
    output: outputs,
    // Nodes are named after their outputs, so that messages of onnxruntime can be traced.
    name: outputs[0] ?? op,
    op_type: op,
    attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value))
  }
}

function attribute (name: string, value: OnnxAttribute) {
  if ('int' in value) return { name, i: value.int, type: attributeType.int }
  if ('ints' in value) return { name, ints: value.ints, type: attributeType.ints }
  if ('float' in value) return { name, f: value.float, type: attributeType.float }
  if ('floats' in value) return { name, floats: value.floats, type: attributeType.floats }
  return { name, s: new TextEncoder().encode(value.string), type: attributeType.string }
}

function tensor ({ name, dims, data }: OnnxTensor) {
  const elements = dims.reduce((product, dim) => product * dim, 1)
  if (elements !== data.length) {
    throw new RangeError(
      `tensor "${name}": expected ${elements} elements for [${dims.join(', ')}], received ${data.length}`
    )
  }
  return {
    dims,
    data_type: tensorType(data),
    name,
    // raw_data is little-endian, as are all platforms that onnxruntime-node is published for.
    raw_data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  }
}

function tensorType (data: OnnxTensor['data']): number {
  if (data instanceof Float32Array) return elementType.float32
  if (data instanceof Float64Array) return elementType.float64
  return elementType.int64
}

function valueInfo ({ name, type, dims }: OnnxValue) {
  return {
    name,
    type: {
      tensor_type: {
        elem_type: elementType[type],
        shape: { dim: dims.map((dim) => typeof dim === 'string' ? { dim_param: dim } : { dim_value: dim }) }
      }
    }
  }
}
