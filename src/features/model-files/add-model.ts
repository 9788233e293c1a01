import { createHash } from 'node:crypto'
import { copyFile, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { operatorMessage, StartupError } from '../../errors.js'
import { openGraph, type Graph } from '../../engines/onnx/runtime.js'
import { assertGraphAgrees } from '../../engines/recognition/graph-agreement.js'
import type { Manifest } from '../../engines/recognition/manifest.js'
import { manifestBy, misfit, proposeRecipes, type InspectedGraph, type Proposal, type Recipe } from './recipe.js'
import { testDetector, type DetectorTest, type TestPhotograph } from './detector-test.js'
import { testRecogniser, type SelfTest, type TestFace } from './self-test.js'

export interface TestSet {
  readonly faces: readonly TestFace[]
  readonly photographs: readonly TestPhotograph[]
}

export interface AddOptions {
  readonly recipes: readonly Recipe[]
  /** of the operator; proposed by the graph when omitted */
  readonly recipe?: string | undefined
  /** what to call the model; the recipe's or the file's name when omitted */
  readonly id?: string | undefined
  /** folder that the manifest and the graph go to */
  readonly folder: string
  /** undefined to test nothing */
  readonly tests: TestSet | undefined
  /** which manifest to write where a test contradicts the recipe; nothing is written when omitted */
  readonly accept?: 'recipe' | 'test' | undefined
  /** look and test only */
  readonly dryRun?: boolean | undefined
}

export interface Addition {
  readonly id: string
  readonly file: string
  readonly proposals: readonly Proposal[]
  readonly manifest: Manifest
  readonly test: { readonly recogniser: SelfTest } | { readonly detector: DetectorTest } | undefined
  /** path of the manifest; undefined when nothing was written */
  readonly written: string | undefined
}

/**
 * Adds a graph to a models folder: proposes a recipe, checks that it agrees with the graph, tests it on photographs and
 * writes manifest and graph.
 * @throws StartupError when no recipe fits, saying what the graph has, or the name is taken by another model
 */
export async function addModel (path: string, options: AddOptions): Promise<Addition> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new StartupError(`${path}: expected a readable file`, { cause })
  })
  const graph = await openGraph(bytes).catch((cause: unknown) => {
    throw new StartupError(`${path}: expected a graph that onnxruntime can run: ${operatorMessage(cause)}`, { cause })
  })
  try {
    const inspected: InspectedGraph = {
      fileName: basename(path),
      sha256: createHash('sha256').update(bytes).digest('hex'),
      inputs: graph.inputs,
      outputs: graph.outputs
    }
    const proposals = propose(inspected, options)
    const candidates = await agreeing(proposals, inspected, graph, options)
    const { proposal, manifest, test } = await choose(candidates, graph, options.tests)
    const better = test !== undefined && 'recogniser' in test ? test.recogniser.better : undefined
    const accepted = better !== undefined && options.accept === 'test' ? better.manifest : manifest
    const writes = options.dryRun !== true && (better === undefined || options.accept !== undefined)
    return {
      id: manifest.id,
      file: path,
      proposals: [proposal, ...proposals.filter(other => other !== proposal)],
      manifest: accepted,
      test,
      written: writes ? await place(path, accepted, options.folder) : undefined
    }
  } finally {
    await graph.release()
  }
}

function propose (inspected: InspectedGraph, { recipes, recipe: named }: AddOptions): Proposal[] {
  if (named === undefined) {
    const proposals = proposeRecipes(recipes, inspected)
    if (proposals.length > 0) return proposals
    throw new StartupError(
      `${inspected.fileName}: no recipe fits a graph with the inputs ${describe(inspected.inputs)} and the outputs ` +
        `${describe(inspected.outputs)}; write a manifest for it, see models/README.md`
    )
  }
  const recipe = recipes.find(candidate => candidate.recipe === named)
  if (recipe === undefined) {
    throw new StartupError(
      `--recipe: expected one of ${recipes.map(candidate => candidate.recipe).join(', ')}, received ${named}`
    )
  }
  const reason = misfit(recipe, inspected)
  if (reason !== undefined) throw new StartupError(`${inspected.fileName}: recipe ${named}: ${reason}`)
  return [{ recipe, by: recipe.sha256 === inspected.sha256 ? 'digest' : 'names' }]
}

const describe = (values: InspectedGraph['inputs']) =>
  values.map(({ name, dims }) => `${JSON.stringify(name)} [${dims.join(', ')}]`).join(', ')

interface Candidate {
  readonly proposal: Proposal
  readonly manifest: Manifest
}

/** The proposals that the graph agrees with when it runs. */
async function agreeing (
  proposals: readonly Proposal[],
  inspected: InspectedGraph,
  graph: Graph,
  { id }: AddOptions
): Promise<Candidate[]> {
  const candidates: Candidate[] = []
  const reasons: string[] = []
  for (const proposal of proposals) {
    try {
      const manifest = manifestBy(proposal.recipe, id ?? nameOf(proposal.recipe, inspected.fileName), inspected)
      await assertGraphAgrees(manifest, graph, `recipe ${proposal.recipe.recipe}`)
      candidates.push({ proposal, manifest })
    } catch (error) {
      reasons.push(operatorMessage(error))
    }
  }
  if (candidates.length === 0) throw new StartupError(`${inspected.fileName}: ${reasons.join('; ')}`)
  return candidates
}

/** A recipe that fits any file of its shape gives no name. */
function nameOf ({ recipe, files }: Recipe, fileName: string): string {
  if (files.length > 0) return recipe
  const name = fileName.replace(/\.onnx$/i, '').toLowerCase().replaceAll(/[^a-z0-9._-]+/g, '-').replace(
    /^[^a-z0-9]+/,
    ''
  )
  return name.slice(0, 63) || 'model'
}

/** The first candidate, or the one that tells people apart best where photographs can say so. */
async function choose (
  candidates: readonly Candidate[],
  graph: Graph,
  tests: TestSet | undefined
): Promise<Candidate & Pick<Addition, 'test'>> {
  const [first] = candidates
  if (tests === undefined) return { ...first!, test: undefined }
  if (first!.manifest.kind === 'detector') {
    return { ...first!, test: { detector: await testDetector(first!.manifest, graph, tests.photographs) } }
  }
  const tested: (Candidate & { test: { recogniser: SelfTest } })[] = []
  for (const { proposal, manifest } of candidates) {
    if (manifest.kind !== 'recogniser') continue
    tested.push({ proposal, manifest, test: { recogniser: await testRecogniser(manifest, graph, tests.faces) } })
  }
  return tested.reduce((best, other) =>
    other.test.recogniser.separation.distance > best.test.recogniser.separation.distance ? other : best
  )
}

/** Puts graph and manifest into the folder, the manifest last: a folder with a graph too many still opens. */
async function place (path: string, manifest: Manifest, folder: string): Promise<string> {
  const target = join(folder, `${manifest.id}.json`)
  const text = JSON.stringify(manifest, null, 2) + '\n'
  const existing = await readFile(target, 'utf8').catch(() => undefined)
  if (existing !== undefined && existing !== text) {
    throw new StartupError(`${target}: another model has this id; name this one with --id, or remove that manifest`)
  }
  const graph = join(folder, manifest.graph.file)
  await copyFile(path, `${graph}.partial`)
  await rename(`${graph}.partial`, graph)
  await writeFile(`${target}.partial`, text)
  await rename(`${target}.partial`, target)
  return target
}

/** The graphs of a file or of a folder in InsightFace's layout, by name. @throws StartupError when there is none */
export async function graphsOf (path: string): Promise<string[]> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) throw new StartupError(`${path}: expected a graph or a folder of graphs, found nothing`)
  if (!found.isDirectory()) return [path]
  const names = (await readdir(path)).filter(name => name.endsWith('.onnx')).sort()
  if (names.length === 0) throw new StartupError(`${path}: expected .onnx files in this folder, found none`)
  return names.map(name => join(path, name))
}
