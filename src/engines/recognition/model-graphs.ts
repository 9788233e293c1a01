import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { StartupError } from '../../errors.js'
import { joinClips } from '../onnx/joined-clips.js'
import { splitParametricRelu } from '../onnx/parametric-relu.js'
import { openGraph, type Graph, type GraphOptions } from '../onnx/runtime.js'
import { decoders } from './detection/detector.js'
import { assertGraphAgrees } from './graph-agreement.js'
import type { DetectorManifest, LandmarksManifest, Manifest, RecogniserManifest } from './manifest.js'

/**
 * Opens and checks the graphs of a models folder, in the workers. Manifests are read on the main thread, by
 * `models-folder.ts`: loading what validates them would take half of the processor time in which a worker starts.
 */

/** A manifest and the path of its graph, as plain data that can be passed to workers. */
export interface Located<M extends Manifest> {
  readonly manifest: M
  /** Absolute or relative to the working directory, as the folders were given. */
  readonly path: string
  /** The file of the manifest, for messages. */
  readonly source: string
}

export interface ModelsFolder {
  /** of the manifests */
  readonly folder: string
  readonly recognisers: readonly Located<RecogniserManifest>[]
  readonly detectors: readonly Located<DetectorManifest>[]
  readonly landmarks: readonly Located<LandmarksManifest>[]
}

/**
 * Verifies the SHA-256 of every graph and, by running it once, that manifest and graph agree; then that the manifests
 * agree with one another, and that one is of a recogniser. No graph stays open, and one is open at a time.
 * @throws StartupError naming the manifest, the member, what was expected and what was received
 */
export async function checkModels ({ folder, recognisers, detectors, landmarks }: ModelsFolder): Promise<void> {
  const all = [...recognisers, ...detectors, ...landmarks]
  for (const located of all) {
    const graph = await openVerifiedGraph(located).catch((error: unknown) => {
      throw explain(error, located.source)
    })
    try {
      await assertGraphAgrees(located.manifest, graph, located.source)
    } finally {
      await graph.release()
    }
  }
  for (const { manifest, source } of all) assertLandmarks(manifest, source, all.map(({ manifest }) => manifest))
  if (recognisers.length === 0) {
    throw new StartupError(`${folder}: expected the manifest of at least one recogniser, found none`)
  }
}

/**
 * Opens the graph from bytes whose SHA-256 is that of the manifest. It takes bytes rather than a path so that what was
 * hashed is what runs, and so that a graph that keeps weights in other files, which no digest covers, does not open.
 * Activations are rewritten to the form that onnxruntime computes fastest, which changes no number.
 * @throws StartupError when the digest differs or the bytes are not a graph
 */
export async function openVerifiedGraph (
  { manifest, path }: Pick<Located<Manifest>, 'manifest' | 'path'>,
  options?: GraphOptions
): Promise<Graph> {
  const bytes = await readFile(path)
  const digest = createHash('sha256').update(bytes).digest('hex')
  if (digest !== manifest.graph.sha256) {
    throw new StartupError(`graph.sha256: the manifest says ${manifest.graph.sha256}, ${path} has ${digest}`)
  }
  try {
    return await openGraph(joinClips(splitParametricRelu(bytes)), options)
  } catch (cause) {
    throw new StartupError(
      `graph.file: ${path} is not a graph that onnxruntime can run: ` +
        `${cause instanceof Error ? cause.message : String(cause)}`,
      { cause }
    )
  }
}

function explain (error: unknown, source: string): unknown {
  return error instanceof StartupError ? new StartupError(`${source}: ${error.message}`, { cause: error.cause }) : error
}

function assertLandmarks (manifest: Manifest, source: string, manifests: readonly Manifest[]): void {
  if (manifest.kind !== 'detector') return
  const { decoder, landmarks } = manifest
  if (decoders[decoder].givesPoints) {
    if (landmarks !== undefined) {
      throw new StartupError(
        `${source}: landmarks: expected none, decoder ${decoder} finds the five points itself, received ` +
          `${JSON.stringify(landmarks)}`
      )
    }
    return
  }
  if (landmarks === undefined) {
    throw new StartupError(
      `${source}: landmarks: expected the id of a landmarks manifest, for decoder ${decoder} finds boxes only, ` +
        'received nothing'
    )
  }
  const named = manifests.find(({ id }) => id === landmarks)
  if (named?.kind !== 'landmarks') {
    throw new StartupError(
      `${source}: landmarks: expected the id of a landmarks manifest, received ${JSON.stringify(landmarks)}, ` +
        `${named === undefined ? 'which no manifest has' : `which is a ${named.kind}`}`
    )
  }
}
