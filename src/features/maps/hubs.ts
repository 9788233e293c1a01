import { indexIdentities } from '../../science/linear-algebra/identities.js'
import { minIdentities, minPairs } from '../../science/alignment/pairs.js'
import { Problem } from '../../errors.js'
import type { createCorpusRepository } from '../corpora/index.js'
import type { Catalogue, createModelRepository, KnownSpace } from '../catalogue/index.js'
import { templateOnlyFingerprint } from '../../science/template/space.js'
import type { Fitter } from './fitting/fitter.js'

export interface HubRequest {
  /** of the model that the hub becomes */
  readonly id: string
  readonly title: string
  /** two or more different spaces */
  readonly models: readonly KnownSpace[]
  /** id of a corpus */
  readonly corpus: string
  /** maximum number of dimensions */
  readonly most: number
  readonly seed: number
  readonly heldOutFraction: number
}

export interface StoredHub {
  readonly space: KnownSpace
  /** samples of the corpus that now have a template in the hub */
  readonly samples: number
  readonly agreement: readonly number[]
}

/**
 * Hubs: one common space for several models. A hub is a model with templates only, those of the samples that have one
 * under every model. Maps to and from it are fitted on that corpus like any other, and composed.
 */
export function createHubs (
  models: ReturnType<typeof createModelRepository>,
  corpora: ReturnType<typeof createCorpusRepository>,
  catalogue: Catalogue,
  fitter: Fitter
) {
  return {
    /**
     * Fits a hub, registers its space, and adds its templates to the corpus. A repetition changes nothing.
     *
     * @throws Problem `request-invalid`, `corpus-unknown`, `pairs-insufficient`, `pairs-rank-deficient`; `model-exists`
     *   when the id belongs to a model or to a hub made from other data
     */
    async create (
      { id, title, models: spaces, corpus, most, seed, heldOutFraction }: HubRequest,
      signal?: AbortSignal
    ): Promise<{ hub: StoredHub, created: boolean }> {
      const fingerprints = spaces.map(({ fingerprint }) => fingerprint)
      if (new Set(fingerprints).size < fingerprints.length) {
        throw new Problem('request-invalid', 'models: expected distinct models, received one twice')
      }
      const largest = Math.max(...spaces.map(({ dimension }) => dimension))
      const { samples, identities, templates, hash } = await corpora.join(corpus, fingerprints)
      const people = indexIdentities(identities, samples).rows.length
      if (samples.length < minPairs || people < minIdentities) {
        throw new Problem(
          'pairs-insufficient',
          `corpus: expected at least ${minPairs} samples of ${minIdentities} identities with a template under every model, received ${samples.length} of ${people}`
        )
      }
      const made = await fitter.hub(
        {
          samples,
          identities,
          templates: spaces.map(({ dimension }, i) => ({ rows: samples.length, cols: dimension, data: templates[i]! }))
        },
        { maxDimension: Math.min(most, largest), seed, heldOutFraction },
        signal
      )

      const { cols: dimension, data } = made.templates
      const version = `hub ${hash} ${seed} ${heldOutFraction} ${most}`
      const fingerprint = templateOnlyFingerprint({ id, version, dimension })
      const outcome = await models.register({
        id,
        fingerprint,
        kind: 'template-only',
        dimension,
        title,
        licence: 'as the models it is made of',
        manifest: {
          version,
          hub: {
            models: spaces.map(({ model, fingerprint }) => ({ model, fingerprint })),
            corpus,
            corpusHash: hash,
            samples: samples.length,
            seed,
            heldOutFraction
          }
        }
      })
      await corpora.addTemplates(corpus, [{
        fingerprint,
        rows: samples.map((sample, row) => ({
          sample,
          identity: identities[row] ?? null,
          vector: data.subarray(row * dimension, (row + 1) * dimension)
        }))
      }])
      await catalogue.refresh()
      return {
        hub: { space: catalogue.space(id), samples: samples.length, agreement: [...made.agreement] },
        created: outcome === 'created'
      }
    }
  }
}
