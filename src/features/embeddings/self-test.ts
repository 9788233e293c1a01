import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { Canaries, Canary } from '../../engines/recognition/canaries.js'
import { recogniserFingerprint } from '../../engines/recognition/manifest.js'
import type { ModelsFolder } from '../../engines/recognition/model-graphs.js'
import type { Recognition } from '../../engines/recognition/recognition.js'
import { Problem } from '../../errors.js'
import { gauges } from '../../platform/measures.js'
import { sketchOf } from '../../science/template/sketch.js'
import type { KnownSpace, SelfTestState, SelfTestStates } from '../catalogue/index.js'
import { compareCanary, tolerances, worstState, type CanaryResult, type MadeOfCanary } from './canary-comparison.js'
import type { CanaryRepository, CanarySource } from './canary-repository.js'

export interface SelfTest {
  readonly state: SelfTestState
  readonly testedAt: string
  /** `shipped` with the service, or `recorded` by the first test of the space */
  readonly expected: 'shipped' | 'recorded'
  readonly canaries: readonly CanaryResult[]
}

/** A template that the owner of a model made of an image that only the owner has. */
export interface OwnCanary {
  readonly canary: string
  readonly vector: Float32Array
}

/** Maximum canaries of a model that its owner tests. */
export const maxOwnCanaries = 64

/** A failure that says nothing about the model: the test is repeated later. */
const passing = new Set(['overloaded', 'unavailable', 'caller-left'])

/**
 * Tests whether models still make the templates that they made: canaries are embedded as any image is, and compared
 * with the sketches of their templates that were shipped, or recorded when the space was first tested. A test changes
 * nothing about what the service answers; it tells.
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

  async function embedCanary (model: string, canary: Canary): Promise<MadeOfCanary> {
    const { name, bytes, aligned } = canary
    const tolerance = aligned ? tolerances.crop : tolerances.whole
    try {
      const { faces: [face] } = await embed({
        image: new Uint8Array(bytes),
        models: [model],
        faces: 'largest',
        aligned
      })
      const [template] = face!.templates
      return template === undefined
        ? { canary: name, sketch: null, detail: face!.unusable[0]!.defect, tolerance }
        : { canary: name, sketch: sketchOf(template.vector), detail: null, tolerance }
    } catch (error) {
      if (!(error instanceof Problem) || passing.has(error.code)) throw error
      return { canary: name, sketch: null, detail: error.detail, tolerance }
    }
  }

  /**
   * Compares with what was recorded. What nothing is recorded of is recorded now, unless another canary tells that the
   * model has changed.
   * @param known sketches that are recorded, by name
   * @param nameOf what a canary is recorded under
   */
  async function compareWithRecorded (
    source: CanarySource,
    known: ReadonlyMap<string, Float32Array>,
    made: readonly MadeOfCanary[],
    nameOf: (canary: string) => string
  ): Promise<CanaryResult[]> {
    const results = made.map(each => compareCanary(each, known.get(nameOf(each.canary))))
    const fresh = made.flatMap(({ canary, sketch }, i) =>
      results[i]!.state === 'untested' && sketch !== null ? [{ canary: nameOf(canary), sketch }] : []
    )
    if (fresh.length === 0 || worstState(results) === 'changed') return results
    if (source.detector === '' && known.size + fresh.length > maxOwnCanaries) {
      throw new Problem(
        'request-invalid',
        `canaries: expected at most ${maxOwnCanaries} of one model, received ${fresh.length} new ones beside the ` +
          `${known.size} that are recorded`
      )
    }
    await repository.record(source, fresh)
    return results.map((result, i) =>
      result.state === 'untested' && made[i]!.sketch !== null ? { ...result, state: 'recorded' } : result
    )
  }

  async function run (model: string): Promise<SelfTest> {
    const fingerprint = fingerprints.get(model)!
    const source = { fingerprint, detector }
    // The shipped sketches of whole images were made with the detector of the pack.
    const shipped = detector === canaries.detector ? canaries.sketches.get(fingerprint) : undefined
    // Read first: without the database the images are not embedded in vain.
    const known = shipped === undefined ? await repository.find(source) : undefined
    const made: MadeOfCanary[] = []
    // One at a time: other requests go on meanwhile.
    for (const canary of canaries.images) made.push(await embedCanary(model, canary))
    const digests = new Map(canaries.images.map(({ name, sha256 }) => [name, sha256]))
    const results = known === undefined
      ? made.map(each => compareCanary(each, shipped!.get(each.canary)))
      : await compareWithRecorded(source, known, made, name => digests.get(name)!)
    const test = report(results, shipped === undefined ? 'recorded' : 'shipped')
    states.set(fingerprint, test.state)
    if (test.state === 'changed') {
      log.warn({ model, canaries: results.filter(({ state }) => state === 'changed') }, changed)
    }
    return test
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

    /**
     * Tests models that were not tested since the start, and waits for it: who embeds is told of a change before the
     * first template is out. A test that cannot run now is tried again with the next image.
     */
    async ensure (models: readonly string[]): Promise<void> {
      await Promise.all(models.map(async model => {
        const fingerprint = fingerprints.get(model)
        if (fingerprint === undefined || states.of(fingerprint) !== 'untested') return
        await test(model).catch((error: unknown) => {
          log.debug({ err: error, model }, 'the self-test could not run, and is tried again with the next image')
        })
      }))
    },

    /**
     * Compares templates that the owner of a model made with those that the owner sent first.
     * @param tolerance maximum deviation
     * @throws Problem `template-invalid` for numbers that are too large or too small, `request-invalid` for too many
     */
    async compareOwn ({ fingerprint }: KnownSpace, own: readonly OwnCanary[], tolerance: number): Promise<SelfTest> {
      const made = own.map(({ canary, vector }, i): MadeOfCanary => {
        const sketch = sketchOf(vector)
        const length = Math.hypot(...sketch)
        if (length > 1e-30 && length < 1e30) return { canary, sketch, detail: null, tolerance }
        throw new Problem(
          'template-invalid',
          `canaries[${i}]: expected a template of a length from 1e-30 to 1e30, received one of about ${length}`
        )
      })
      const source = { fingerprint, detector: '' }
      const known = await repository.find(source)
      const test = report(await compareWithRecorded(source, known, made, name => name), 'recorded')
      states.setOwn(fingerprint, test.state)
      return test
    },

    /** Forgets what is recorded of a space. @returns of how many canaries */
    async forget ({ fingerprint }: KnownSpace): Promise<number> {
      const forgotten = await repository.forget(fingerprint)
      if (forgotten > 0) states.forget(fingerprint)
      return forgotten
    },

    /** Waits for tests that are running. */
    async settled (): Promise<void> {
      await Promise.allSettled(running.values())
    }
  }
}

function report (canaries: readonly CanaryResult[], expected: SelfTest['expected']): SelfTest {
  return { state: worstState(canaries), testedAt: new Date().toISOString(), expected, canaries }
}

const changed =
  'self-test: the model makes other templates than before, which no map and no threshold fits: check what has ' +
  'changed in the runtime, the decoders, the detector or the manifest'

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
