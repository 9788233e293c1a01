import { StartupError } from '../../errors.js'
import type { Graph, GraphTensor, ValueDescription } from '../onnx/runtime.js'
import { decoders } from './detection/detector.js'
import { channelCount, inputDims } from './graph-input.js'
import type { Manifest } from './manifest.js'

/**
 * Checks that a manifest and its graph agree: first in what the graph declares, then in what it outputs for zeros,
 * since graphs may declare their outputs with symbolic dimensions or none.
 * @param source name of the manifest in messages
 * @throws StartupError with the member of the manifest, its value, and what the graph has
 */
export async function assertGraphAgrees (manifest: Manifest, graph: Graph, source: string): Promise<void> {
  const disagree = (member: string, says: string, graphSays: string): never => {
    throw new StartupError(`${source}: ${member}: the manifest says ${says}, the graph ${graphSays}`)
  }
  assertRecipe(manifest, source)
  assertInput(manifest, graph.inputs, disagree)
  for (const name of manifest.graph.outputs) {
    const declared = graph.outputs.find((output) => output.name === name)
    if (declared === undefined) disagree('graph.outputs', JSON.stringify(name), `has ${names(graph.outputs)}`)
    else if (declared.type !== 'float32') {
      disagree('graph.outputs', `${JSON.stringify(name)}, read as float32`, `declares it as ${declared.type}`)
    }
  }

  const count = expectedOutputs(manifest).length
  if (manifest.graph.outputs.length !== count) {
    throw new StartupError(
      `${source}: graph.outputs: expected ${count} for ${describeReader(manifest)}${roles(manifest)}, received ` +
        `${manifest.graph.outputs.length}`
    )
  }
  const results = await runOnZeros(manifest, graph, source)
  for (const [i, { member, says, elements, tokensOf }] of expectedOutputs(manifest).entries()) {
    const name = manifest.graph.outputs[i] as string
    const { dims = [], data: { length } = { length: 0 } } = results[name] ?? {}
    if (tokensOf === undefined ? length !== elements : length < elements || dims.at(-1) !== tokensOf) {
      disagree(member, says, `gives [${dims.join(', ')}] at output ${JSON.stringify(name)}`)
    }
  }
}

type Disagree = (member: string, says: string, graphSays: string) => never

function assertRecipe (manifest: Manifest, source: string): void {
  const channels = channelCount(manifest.input)
  for (const member of ['mean', 'std'] as const) {
    const values = manifest.input[member]
    if (values.length !== 1 && values.length !== channels) {
      throw new StartupError(
        `${source}: input.${member}: expected 1 or ${channels} numbers for channels ${manifest.input.channels}, ` +
          `received ${values.length}`
      )
    }
  }
  if (manifest.input.std.includes(0)) {
    throw new StartupError(`${source}: input.std: expected numbers other than 0, received 0`)
  }
  if (manifest.kind !== 'detector') return
  const { decoder, input: { width, height } } = manifest
  const { multipleOf } = decoders[decoder]
  if (width % multipleOf !== 0 || height % multipleOf !== 0) {
    throw new StartupError(
      `${source}: input: expected sides that are multiples of ${multipleOf} for decoder ${decoder}, received ` +
        `${width}x${height}`
    )
  }
}

function assertInput (manifest: Manifest, inputs: readonly ValueDescription[], disagree: Disagree): void {
  const { input: recipe, graph } = manifest
  const declared = inputs.find(({ name }) => name === graph.input)
  if (declared === undefined) return disagree('graph.input', JSON.stringify(graph.input), `has ${names(inputs)}`)
  if (inputs.length > 1) {
    disagree(
      'graph.input',
      `${JSON.stringify(graph.input)} only`,
      `also needs ${names(inputs.filter((input) => input !== declared))}`
    )
  }
  if (declared.type !== 'float32') {
    disagree('graph.input', `${JSON.stringify(graph.input)}, fed with float32`, `declares it as ${declared.type}`)
  }
  if (declared.dims.length === 0) return

  const shape = `[${declared.dims.map((dim) => dim === '' ? '?' : dim).join(', ')}]`
  const expected = inputDims(recipe)
  const graphSays = `declares its input ${JSON.stringify(graph.input)} as ${shape}`
  if (fits(declared.dims, expected)) return
  const other = { ...recipe, layout: recipe.layout === 'NCHW' ? 'NHWC' as const : 'NCHW' as const }
  if (declared.dims.length !== 4 || fits(declared.dims, inputDims(other))) {
    disagree('input.layout', recipe.layout, graphSays)
  }
  const [channel, height, width] = recipe.layout === 'NCHW' ? [1, 2, 3] : [3, 1, 2]
  const members: readonly (readonly [number, string, string])[] = [
    [channel as number, 'input.channels', `${recipe.channels} (${channelCount(recipe)})`],
    [height as number, 'input.height', String(recipe.height)],
    [width as number, 'input.width', String(recipe.width)],
    [0, 'input', 'one picture at a time']
  ]
  for (const [axis, member, says] of members) {
    if (!dimFits(declared.dims[axis], expected[axis] as number)) disagree(member, says, graphSays)
  }
}

function fits (declared: readonly (number | string)[], expected: readonly number[]): boolean {
  return declared.length === expected.length && declared.every((dim, i) => dimFits(dim, expected[i] as number))
}

/** A symbolic dimension, which some exporters write as a negative number, fits every size. */
function dimFits (declared: number | string | undefined, expected: number): boolean {
  return typeof declared !== 'number' || declared <= 0 || declared === expected
}

async function runOnZeros (manifest: Manifest, graph: Graph, source: string): Promise<Record<string, GraphTensor>> {
  const dims = inputDims(manifest.input)
  const data = new Float32Array(dims.reduce((product, dim) => product * dim, 1))
  try {
    return await graph.run({ [manifest.graph.input]: { data, dims } }, manifest.graph.outputs)
  } catch (cause) {
    throw new StartupError(
      `${source}: the graph does not run on an input of [${dims.join(', ')}]: ` +
        `${cause instanceof Error ? cause.message : String(cause)}`,
      { cause }
    )
  }
}

interface Expectation {
  readonly member: string
  readonly says: string
  readonly elements: number
  /** length of a token: the output is a row of tokens, and `elements` is the least that it has */
  readonly tokensOf?: number
}

function expectedOutputs (manifest: Manifest): Expectation[] {
  if (manifest.kind === 'recogniser') {
    const { dimension, pooling } = manifest
    if (pooling === undefined) return [{ member: 'dimension', says: String(dimension), elements: dimension }]
    const least = 1 + ('token' in pooling ? pooling.token : pooling.meanFrom)
    const says = `${JSON.stringify(pooling)} of tokens of ${dimension} numbers, at least ${least} of them`
    return [{ member: 'pooling', says, elements: least * dimension, tokensOf: dimension }]
  }
  if (manifest.kind === 'landmarks') {
    return [{ member: 'points', says: `${manifest.points} (x and y of each)`, elements: 2 * manifest.points }]
  }
  const { decoder, input: { width, height } } = manifest
  return decoders[decoder].expectedOutputs(manifest.input).map(({ role, rows, columns }) => ({
    member: 'decoder',
    says: `${decoder}, which reads ${role} as [${rows}, ${columns}] for an input of ${width}x${height}`,
    elements: rows * columns
  }))
}

function describeReader (manifest: Manifest): string {
  return manifest.kind === 'detector' ? `decoder ${manifest.decoder}` : `a ${manifest.kind} manifest`
}

function roles (manifest: Manifest): string {
  if (manifest.kind !== 'detector') return ''
  return ` (${decoders[manifest.decoder].expectedOutputs(manifest.input).map(({ role }) => role).join(', ')})`
}

function names (values: readonly ValueDescription[]): string {
  return values.map(({ name }) => JSON.stringify(name)).join(', ')
}
