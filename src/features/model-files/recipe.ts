import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Type, type Static } from 'typebox'
import { Value } from 'typebox/value'
import { StartupError } from '../../errors.js'
import type { ValueDescription } from '../../engines/onnx/runtime.js'
import { DetectorManifest, RecogniserManifest, type Manifest } from '../../engines/recognition/manifest.js'
import { closed, Sha256 } from '../../science/schemas.js'
import { ModelId } from '../../science/template/space.js'

const { id: _recogniserId, graph: _recogniserGraph, dimension, ...recogniser } = RecogniserManifest.properties
const { id: _detectorId, graph: _detectorGraph, ...detector } = DetectorManifest.properties

/** What a graph declares; a dimension of 0 is any. Without a name it may have any, if it is the only one. */
const Value_ = {
  name: Type.Optional(Type.String({ minLength: 1 })),
  dims: Type.Optional(Type.Array(Type.Integer({ minimum: 0 })))
}

/** How a model that others publish is fed and read: a manifest without what depends on the file. */
export const Recipe = Type.Object({
  /** what the model is called unless the operator names it */
  recipe: ModelId,
  /** names under which the file is published; empty for what fits any file of this shape */
  files: Type.Array(Type.String()),
  /** of the published file, where that could be established */
  sha256: Type.Optional(Sha256),
  /** where the digest was found */
  digestFrom: Type.Optional(Type.String({ minLength: 1 })),
  notes: Type.Optional(Type.String({ minLength: 1 })),
  graph: Type.Object({
    input: Type.Object(Value_, closed),
    outputs: Type.Array(Type.Object(Value_, closed), { minItems: 1 })
  }, closed),
  manifest: Type.Union([
    // The dimension of what fits any file is that of its output.
    Type.Object({ ...recogniser, dimension: Type.Optional(dimension) }, closed),
    Type.Object(detector, closed)
  ])
}, closed)
export type Recipe = Static<typeof Recipe>

/** @throws StartupError naming the file that is not a recipe */
export async function readRecipes (folder: string): Promise<Recipe[]> {
  const names = (await readdir(folder)).filter(name => name.endsWith('.json')).sort()
  return await Promise.all(names.map(async name => {
    const value: unknown = JSON.parse(await readFile(join(folder, name), 'utf8'))
    if (!Value.Check(Recipe, value) || `${value.recipe}.json` !== name) {
      throw new StartupError(
        `${join(folder, name)}: expected a recipe of this name, see src/features/model-files/recipe.ts`
      )
    }
    return value
  }))
}

/** A graph as the recipes see it. */
export interface InspectedGraph {
  readonly fileName: string
  readonly sha256: string
  readonly inputs: readonly ValueDescription[]
  readonly outputs: readonly ValueDescription[]
}

export interface Proposal {
  readonly recipe: Recipe
  /** what told it: the file is the published one, its names are those of the recipe, or its shape is */
  readonly by: 'digest' | 'names' | 'shape'
}

const strengths = ['digest', 'names', 'shape'] as const

/** The recipes that fit a graph by the strongest evidence there is; those of the file's name alone if there are any. */
export function proposeRecipes (recipes: readonly Recipe[], graph: InspectedGraph): Proposal[] {
  const fitting = recipes.flatMap((recipe): Proposal[] => {
    if (recipe.sha256 === graph.sha256) return [{ recipe, by: 'digest' }]
    if (misfit(recipe, graph) !== undefined) return []
    return [{ recipe, by: recipe.graph.outputs[0]!.name === undefined ? 'shape' : 'names' }]
  })
  const strongest = strengths.find(by => fitting.some(proposal => proposal.by === by))
  const proposals = fitting.filter(({ by }) => by === strongest)
  const named = proposals.filter(({ recipe }) => recipe.files.includes(graph.fileName))
  if (named.length > 0) return named
  // What was made for a file of another name is no better than what fits any file.
  const general = proposals.filter(({ recipe }) => recipe.files.length === 0)
  return strongest === 'shape' && general.length > 0 ? general : proposals
}

/** @returns what of the graph contradicts the recipe, in words; undefined when it fits */
export function misfit ({ graph: expected }: Recipe, { inputs, outputs }: InspectedGraph): string | undefined {
  if (inputs.length !== 1) return `expected one input, the graph has ${listed(inputs)}`
  if (!fits(expected.input, inputs[0]!)) {
    return `expected the input ${described(expected.input)}, the graph has ${listed(inputs)}`
  }
  for (const output of expected.outputs) {
    const candidates = output.name === undefined ? outputs.slice(0, 1) : outputs
    if (!candidates.some(candidate => fits(output, candidate))) {
      return `expected the output ${described(output)}, the graph has ${listed(outputs)}`
    }
  }
  return undefined
}

type ExpectedValue = Recipe['graph']['input']

function fits ({ name, dims }: ExpectedValue, value: ValueDescription): boolean {
  if (name !== undefined && name !== value.name) return false
  // Some exporters declare no shape.
  if (dims === undefined || value.dims.length === 0) return true
  return dims.length === value.dims.length &&
    value.dims.every((dim, axis) => typeof dim === 'string' || dim <= 0 || dims[axis] === 0 || dim === dims[axis])
}

const described = ({ name, dims }: ExpectedValue) =>
  `${name === undefined ? 'of any name' : JSON.stringify(name)} [${
    dims?.map(dim => dim === 0 ? '?' : dim).join(', ') ?? '...'
  }]`

const listed = (values: readonly ValueDescription[]) =>
  values.map(({ name, dims }) => `${JSON.stringify(name)} [${dims.join(', ')}]`).join(', ')

/**
 * The manifest of a file by a recipe. Where the recipe names no output it is the first of the graph, and where it has
 * no dimension that is the last one of the output.
 * @throws StartupError when the dimension is not declared
 */
export function manifestBy (
  { recipe, graph: { outputs }, manifest }: Recipe,
  id: string,
  { sha256, inputs, outputs: declared }: InspectedGraph
): Manifest {
  const names = outputs.map(({ name }) => name ?? declared[0]!.name)
  const graph = { file: `${id}.onnx`, sha256, input: inputs[0]!.name, outputs: names }
  if (manifest.kind === 'detector') return { id, ...manifest, graph }
  const last = declared.find(({ name }) => name === names[0])?.dims.at(-1)
  const found = manifest.dimension ?? (typeof last === 'number' && last > 0 ? last : undefined)
  if (found === undefined) {
    throw new StartupError(
      `recipe ${recipe}: expected an output that declares its dimension, received ${listed(declared)}`
    )
  }
  return { id, ...manifest, graph, dimension: found }
}
