import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { Canaries, Canary } from '../../engines/recognition/canaries.js'
import { recogniserFingerprint } from '../../engines/recognition/manifest.js'
import type { ModelsFolder } from '../../engines/recognition/models-folder.js'
import type { Recognition } from '../../engines/recognition/recognition.js'
import { Problem } from '../../errors.js'
import { gauges } from '../../platform/measures.js'
import { sketchDeviation, sketchOf } from '../../science/template/sketch.js'
import type { SelfTestState, SelfTestStates } from '../catalogue/index.js'
import type { CanaryRepository } from './canary-repository.js'

/**
 * Maximum deviation of a template, see `sketchDeviation`. On one machine it is 0. Changing every fourth value of an image
 * by one level, more than decoders and instruction sets differ by, moves crops by up to 0.009 and whole images by 0.016.
 * Of what has to be found a crop that is 2 % larger moves them least: by 0.043 and 0.051.
 */
const tolerances = { crop: 0.02, whole: 0.035 }

/** How one canary came out. */
export interface CanaryResult {
  readonly canary: string
  /** from the template that is expected; null when there is no template */
  readonly deviation: number | null
  readonly tolerance: number
  /** why there is no template */
  readonly detail: string | null
}

export interface SelfTest {
  readonly state: Exclude<SelfTestState, 'untested'>
  readonly testedAt: string
  /** `shipped` with the service, or `recorded` by the first test of the space */
  readonly expected: 'shipped' | 'recorded'
  readonly canaries: readonly CanaryResult[]
}

/** A failure that says nothing about the model: the test is repeated later. */
const passing = new Set(['overloaded', 'unavailable', 'caller-left'])

/**
 * Tests whether models still make the templates that they made: canaries are embedded as any image is, and compared with
 * the sketches of their templates that were shipped, or recorded when the space was first tested. A test changes nothing
 * about what the service answers; it tells.
 */
export function createSelfTests (
  { embed, canaries, repository, models, detector, states, registry, log }: {
    embed: Recognition['embed']
    canaries: Canaries
    repository: CanaryRepository
    models: ModelsFolder
    /** id of the detector in use */
    detector: string
    states: SelfTestStates
    registry: Registry
    log: Logger
  }
) {
  const fingerprints = new Map(models.recognisers.map(({ manifest }) => [manifest.id, recogniserFingerprint(manifest)]))
  const running = new Map<string, Promise<SelfTest>>()
  measure(registry, states, fingerprints)

  async function embedCanary (model: string, { bytes, aligned }: Canary): Promise<Float32Array | string> {
    try {
      const { faces: [face] } = await embed({
        image: new Uint8Array(bytes),
        models: [model],
        faces: 'largest',
        aligned
      })
      const [template] = face!.templates
      return template === undefined ? face!.unusable[0]!.defect : sketchOf(template.vector)
    } catch (error) {
      if (error instanceof Problem && !passing.has(error.code)) return error.detail
      throw error
    }
  }

  async function run (model: string): Promise<SelfTest> {
    const fingerprint = fingerprints.get(model)!
    // The shipped sketches of whole images were made with the detector of the pack.
    const shipped = detector === canaries.detector ? canaries.sketches.get(fingerprint) : undefined
    const found = new Map<Canary, Float32Array | string>()
    // One at a time: other requests go on meanwhile.
    for (const canary of canaries.images) found.set(canary, await embedCanary(model, canary))
    const made = [...found].flatMap(([{ sha256 }, sketch]) => typeof sketch === 'string' ? [] : [{ sha256, sketch }])
    const recorded = shipped === undefined ? await repository.recorded(fingerprint, detector, made) : undefined
    const results = [...found].map(([{ name, sha256, aligned }, sketch]): CanaryResult => {
      const expected = shipped?.get(name) ?? recorded?.sketches.get(sha256)
      const tolerance = aligned ? tolerances.crop : tolerances.whole
      return typeof sketch === 'string'
        ? { canary: name, deviation: null, tolerance, detail: expected === undefined ? null : sketch }
        : {
          canary: name,
          deviation: expected === undefined ? 0 : sketchDeviation(sketch, expected),
          tolerance,
          detail: null
        }
    })
    const state = results.some(isChanged) ? 'changed' : recorded?.isNew === true ? 'recorded' : 'passed'
    const report: SelfTest = {
      state,
      testedAt: new Date().toISOString(),
      expected: shipped === undefined ? 'recorded' : 'shipped',
      canaries: results
    }
    states.set(fingerprint, state)
    if (state === 'changed') log.warn({ model, canaries: results.filter(isChanged) }, changed)
    return report
  }

  /**
   * Tests a model of the models folder; a test that is running already serves for several callers.
   * @throws Problem `overloaded`, `unavailable`
   */
  async function test (model: string): Promise<SelfTest> {
    const started = running.get(model) ?? run(model).finally(() => running.delete(model))
    running.set(model, started)
    return await started
  }

  return {
    test,
    /** Tests models that were not tested since the start, in the background. */
    note (models: readonly string[]): void {
      for (const model of models) {
        const fingerprint = fingerprints.get(model)
        if (fingerprint === undefined || running.has(model) || states.of(fingerprint) !== 'untested') continue
        test(model).catch((error: unknown) => {
          log.debug({ err: error, model }, 'the self-test could not run, and is tried again with the next image')
        })
      }
    },
    /** Waits for tests that are running. */
    async settled (): Promise<void> {
      await Promise.allSettled(running.values())
    }
  }
}

const changed =
  'self-test: the model makes other templates than before, which no map and no threshold fits: check what has ' +
  'changed in the runtime, the decoders, the detector or the manifest'

function isChanged ({ deviation, tolerance, detail }: CanaryResult): boolean {
  return detail !== null || deviation !== null && !(deviation <= tolerance)
}

function measure (registry: Registry, states: SelfTestStates, fingerprints: ReadonlyMap<string, string>): void {
  gauges(
    registry,
    {
      name: 'crosswalk_self_test_changed',
      help: 'Whether the last self-test of a model found other templates than before: 1 or 0.',
      labels: ['model']
    },
    async () =>
      [...fingerprints].flatMap(([model, fingerprint]) => {
        const state = states.of(fingerprint)
        return state === null || state === 'untested' ? [] : [[{ model }, state === 'changed' ? 1 : 0] as const]
      })
  )
}
