import type { createModelRepository, StoredModel } from '../store/models.js'
import { templateOnlyFingerprint } from '../template/space.js'
import type { Catalogue } from './catalogue.js'

export interface TemplateOnlyRegistration {
  readonly id: string
  readonly title: string
  readonly version: string
  readonly dimension: number
  readonly licence: string
}

/** The models: those of the operator's folder and those of which only templates are known. */
export function createModels (repository: ReturnType<typeof createModelRepository>, catalogue: Catalogue) {
  return {
    list: repository.list,
    get: repository.get,

    /** @throws Problem `model-exists` when the id is taken by a model with other properties */
    async register (registration: TemplateOnlyRegistration): Promise<{ outcome: 'created' | 'unchanged', model: StoredModel }> {
      const { id, title, version, dimension, licence } = registration
      const fingerprint = templateOnlyFingerprint({ id, version, dimension })
      const outcome = await repository.register({ id, fingerprint, kind: 'template-only', dimension, title, licence, manifest: { version } })
      await catalogue.refresh()
      return { outcome, model: await repository.get(id) }
    }
  }
}
