import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import type { Canaries, Canary } from '../../src/engines/recognition/canaries.js'
import { openEmbedder } from '../../src/engines/recognition/embedder.js'
import {
  recogniserFingerprint,
  type DetectorManifest,
  type RecogniserManifest
} from '../../src/engines/recognition/manifest.js'
import type { ModelsFolder } from '../../src/engines/recognition/model-graphs.js'
import { compareCanary, tolerances, type CanaryResult } from '../../src/features/embeddings/canary-comparison.js'
import { sketchOf } from '../../src/science/template/sketch.js'
import { quantised } from './quantised-graph.js'

type Alter = (bytes: Uint8Array) => Promise<Uint8Array>

const asIs: Alter = async bytes => bytes

/** Embeds the canaries with a model, and compares as the self-test does with the shipped sketches. */
export async function testCanaries (
  canaries: Canaries,
  models: ModelsFolder,
  model: string,
  expected: ReadonlyMap<string, Float32Array>,
  alter: Alter = asIs
): Promise<CanaryResult[]> {
  const detector = models.detectors[0]!.manifest.id
  const recognisers = models.recognisers.filter(({ manifest }) => manifest.id === model)
  const embed = await openEmbedder({
    models: { ...models, recognisers },
    detector,
    maxPixels: 10_000_000,
    maxFaces: 1,
    opened: [model]
  })
  const results: CanaryResult[] = []
  for (const { name, bytes, aligned } of canaries.images as readonly Canary[]) {
    const found = await embed({ image: await alter(bytes), models: [model], faces: 'largest', aligned }).catch(() =>
      null
    )
    const vector = found?.faces[0]?.templates[0]?.vector
    results.push(compareCanary({
      canary: name,
      sketch: vector === undefined ? null : sketchOf(vector),
      detail: vector === undefined ? 'no template' : null,
      tolerance: aligned ? tolerances.crop : tolerances.whole
    }, expected.get(name)))
  }
  return results
}

/** The sketches that ship for a model. */
export function shippedSketches (canaries: Canaries, models: ModelsFolder, model: string) {
  const { manifest } = models.recognisers.find(({ manifest }) => manifest.id === model)!
  return canaries.sketches.get(recogniserFingerprint(manifest))!
}

/** Something that goes wrong around a model. */
export interface Mutation {
  readonly models: ModelsFolder
  readonly alter?: Alter
  /** which canaries have to tell */
  readonly told: 'all' | 'some'
}

/**
 * What a change of a runtime, of libraries or of an operator's files does: each makes templates that do not fit.
 * @param folder for altered graphs
 * @param otherDetector a YuNet graph; without it that mutation is left out
 */
export async function mutationsOf (
  models: ModelsFolder,
  model: string,
  { folder, recipes, otherDetector }: { folder: string, recipes: string, otherDetector: string | null }
): Promise<Readonly<Record<string, Mutation>>> {
  const located = models.recognisers.find(({ manifest }) => manifest.id === model)!
  const changed = (change: (manifest: RecogniserManifest) => RecogniserManifest): ModelsFolder => ({
    ...models,
    recognisers: [{ ...located, manifest: change(located.manifest) }]
  })
  const withInput = (change: Partial<RecogniserManifest['input']>) =>
    changed(manifest => ({ ...manifest, input: { ...manifest.input, ...change } }))
  const withCrop = (change: (crop: { scale: number, centreY: number }, height: number) => object) =>
    changed(({ crop, ...manifest }) => ({
      ...manifest,
      crop: { ...crop, ...change(crop as { scale: number, centreY: number }, manifest.input.height) } as never
    }))
  const { input: { channels } } = located.manifest
  const bytes = quantised(await readFile(located.path))
  const path = join(folder, `${model}.onnx`)
  await writeFile(path, bytes)
  const graph = { ...located.manifest.graph, sha256: sha256(bytes) }
  return {
    'BGR for RGB': { models: withInput({ channels: channels === 'RGB' ? 'BGR' : 'RGB' }), told: 'all' },
    'crop shifted by one pixel': {
      models: withCrop(({ centreY }, height) => ({ centreY: centreY + 1 / height })),
      told: 'all'
    },
    'crop shifted by two pixels': {
      models: withCrop(({ centreY }, height) => ({ centreY: centreY + 2 / height })),
      told: 'all'
    },
    'crop 2 % larger': { models: withCrop(({ scale }) => ({ scale: scale * 0.98 })), told: 'all' },
    'nearest neighbour in place of another resize': { models, alter: coarse, told: 'all' },
    'weights of eight bits': {
      models: { ...models, recognisers: [{ ...located, manifest: { ...located.manifest, graph }, path }] },
      told: 'some'
    },
    ...otherDetector === null
      ? {}
      : { 'another detector': { models: await withYunet(models, recipes, otherDetector), told: 'some' as const } }
  }
}

async function withYunet (models: ModelsFolder, recipes: string, path: string): Promise<ModelsFolder> {
  const { manifest, graph } = JSON.parse(await readFile(join(recipes, 'yunet-2023mar.json'), 'utf8')) as {
    manifest: DetectorManifest
    graph: { input: { name: string }, outputs: { name: string }[] }
  }
  const named = { file: path, input: graph.input.name, outputs: graph.outputs.map(({ name }) => name) }
  const yunet = { ...manifest, id: 'yunet', graph: { ...named, sha256: sha256(await readFile(path)) } }
  return { ...models, detectors: [{ manifest: yunet, path, source: recipes }] }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** As another way to shrink and enlarge would have it. */
const coarse: Alter = async bytes => {
  const { width, height } = await sharp(bytes).metadata()
  const options = { kernel: 'nearest', fit: 'fill' } as const
  const smaller = await sharp(bytes).resize(Math.round(width * 0.9), Math.round(height * 0.9), options).png().toBuffer()
  return new Uint8Array(await sharp(smaller).resize(width, height, options).png().toBuffer())
}
