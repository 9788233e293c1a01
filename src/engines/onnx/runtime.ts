import './no-telemetry.js'
import { InferenceSession, Tensor } from 'onnxruntime-node'

/**
 * The only importer of onnxruntime-node. Everything else sees graphs as functions from named arrays to named arrays.
 */

/** A dense array, row-major: the product of `dims` is the length of `data`. Graphs take bytes but never return them. */
export interface GraphTensor {
  readonly data: Float32Array | Float64Array | BigInt64Array | Uint8Array
  readonly dims: readonly number[]
}

/** What a graph declares about one of its inputs or outputs. */
export interface ValueDescription {
  readonly name: string
  /** As onnxruntime calls it, such as `float32` or `uint8`; `not a tensor` for sequences and maps. */
  readonly type: string
  /** A string is a symbolic dimension, known only when the graph runs. Empty when the graph declares no shape. */
  readonly dims: readonly (number | string)[]
}

export interface Graph {
  readonly inputs: readonly ValueDescription[]
  readonly outputs: readonly ValueDescription[]
  /**
   * Runs the graph. The call blocks its thread: onnxruntime-node wraps a synchronous call.
   * @param feeds every input of the graph by name
   * @param fetches names of the outputs to compute; all when omitted. Arrays in place of null receive the outputs,
   *   which saves an allocation for every run
   * @returns the outputs by name, with their actual dimensions
   * @throws Error of onnxruntime when a feed is missing or does not fit the graph
   */
  run(
    feeds: Readonly<Record<string, GraphTensor>>,
    fetches?: readonly string[] | Readonly<Record<string, GraphTensor | null>>
  ): Promise<Record<string, GraphTensor>>
  /** Frees the native memory; the graph cannot run after that. */
  release(): Promise<void>
}

export interface GraphOptions {
  /**
   * Threads within one operator; the default is 1. Parallelism comes from workers, and more threads than cores only
   * wait.
   */
  readonly threads?: number
  /**
   * Whether threads that wait for one another keep their cores busy. They do by default, which is best on idle cores.
   */
  readonly spinning?: boolean
}

/** Opens a graph once per name; `multiplications` are those of one run. */
export type GraphFor = (name: string, model: () => Uint8Array, multiplications: number) => Promise<Graph>

/**
 * Opens an ONNX graph on the CPU.
 * @param source the graph's bytes, or the path of its file
 * @throws Error of onnxruntime when it cannot run the graph
 */
export async function openGraph (
  source: Uint8Array | string,
  { threads = 1, spinning = true }: GraphOptions = {}
): Promise<Graph> {
  const options: InferenceSession.SessionOptions = {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Errors arrive as exceptions; onnxruntime's own warnings would go to stderr past the log.
    logSeverityLevel: 3,
    ...(spinning ? {} : { extra: { session: { intra_op: { allow_spinning: '0' } } } })
  }
  const session = typeof source === 'string'
    ? await InferenceSession.create(source, options)
    : await InferenceSession.create(source, options)

  return {
    inputs: session.inputMetadata.map(describe),
    outputs: session.outputMetadata.map(describe),
    async run (feeds, fetches = session.outputNames) {
      const results = await session.run(
        toTensors(feeds),
        isNames(fetches)
          ? fetches
          : Object.fromEntries(Object.entries(fetches).map(([name, tensor]) => [name, tensor && toTensor(tensor)]))
      )
      return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, fromTensor(name, tensor)]))
    },
    release: () => session.release()
  }
}

function describe (value: InferenceSession.ValueMetadata): ValueDescription {
  return value.isTensor
    ? { name: value.name, type: value.type, dims: value.shape }
    : { name: value.name, type: 'not a tensor', dims: [] }
}

function isNames (
  fetches: readonly string[] | Readonly<Record<string, GraphTensor | null>>
): fetches is readonly string[] {
  return Array.isArray(fetches)
}

function toTensors (values: Readonly<Record<string, GraphTensor>>): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(values).map(([name, tensor]) => [name, toTensor(tensor)]))
}

function toTensor ({ data, dims }: GraphTensor): Tensor {
  if (data instanceof Float32Array) return new Tensor('float32', data, dims)
  if (data instanceof Float64Array) return new Tensor('float64', data, dims)
  if (data instanceof Uint8Array) return new Tensor('uint8', data, dims)
  return new Tensor('int64', data, dims)
}

function fromTensor (name: string, { data, dims, type }: Tensor): GraphTensor {
  if (data instanceof Float32Array || data instanceof Float64Array || data instanceof BigInt64Array) {
    return { data, dims }
  }
  throw new TypeError(`output ${name}: expected float32, float64 or int64, the graph gives ${type}`)
}
