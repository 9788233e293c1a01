import type { createModelRepository, StoredModel } from './models-repository.js'
import { templateOnlyFingerprint } from '../../science/template/space.js'
import type { Page, PageRequest } from '../../platform/database/page.js'
import { entityTag, requirePreconditions, unconditional, type Preconditions } from '../../platform/preconditions.js'
import type { Catalogue } from './catalogue.js'
import type { SelfTestState, SelfTestStates } from './self-test-states.js'

export interface TemplateOnlyRegistration {
  readonly id: string
  readonly title: string
  readonly version: string
  readonly dimension: number
  readonly licence: string
}

/** A model, and whether this process can embed images with it. */
export interface KnownModel extends StoredModel {
  readonly canEmbed: boolean
  /** of this process; null for a model that cannot embed and was not tested by its owner */
  readonly selfTest: SelfTestState | null
  /** Changes whenever any of this changes. */
  readonly etag: string
}

/** The models: those of the operator's folder and those of which only templates are known. */
export function createModels (
  repository: ReturnType<typeof createModelRepository>,
  catalogue: Catalogue,
  loaded: ReadonlySet<string>,
  selfTests: Pick<SelfTestStates, 'of'>
) {
  const known = (model: StoredModel): KnownModel => {
    const canEmbed = loaded.has(model.fingerprint)
    const selfTest = selfTests.of(model.fingerprint)
    return { ...model, canEmbed, selfTest, etag: entityTag(model, canEmbed, selfTest) }
  }

  return {
    async list (request: PageRequest): Promise<Page<KnownModel>> {
      const { items, next } = await repository.page(request)
      return { items: items.map(known), next }
    },

    /** @throws Problem `model-unknown` */
    get: async (id: string): Promise<KnownModel> => known(await repository.get(id)),

    /**
     * @param preconditions on the model of this id
     * @throws Problem `model-exists` when the id belongs to a model with other properties; `precondition-failed`
     */
    async register (
      registration: TemplateOnlyRegistration,
      preconditions: Preconditions = unconditional
    ): Promise<{ outcome: 'created' | 'unchanged', model: KnownModel }> {
      const { id, title, version, dimension, licence } = registration
      const fingerprint = templateOnlyFingerprint({ id, version, dimension })
      const outcome = await repository.register({
        id,
        fingerprint,
        kind: 'template-only',
        dimension,
        title,
        licence,
        manifest: { version }
      }, async stored => await requirePreconditions(preconditions, async () => stored && known(stored).etag))
      await catalogue.refresh()
      return { outcome, model: known(await repository.get(id)) }
    }
  }
}
