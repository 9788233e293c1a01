import type { OnClose } from '../../closers.js'
import type { ModelsFolder } from '../../engines/recognition/model-graphs.js'
import { readCanaries } from '../../engines/recognition/canaries.js'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import { join } from 'node:path'
import { projectRoot } from '../../config.js'
import type { Database } from '../../platform/database/database.js'
import { createCanaryRepository } from './canary-repository.js'
import { createMerging } from './several-images.js'
import { createSelfTests, type SelfTest } from './self-test.js'
import type { Recognition } from '../../engines/recognition/recognition.js'
import type { Admissions } from '../../platform/http/admission.js'
import type { Catalogue, SelfTestStates } from '../catalogue/index.js'
import { configuredQuality } from './min-quality.js'
import { createEmbedding, createLargestEmbedding, embeddingSpace } from './embedding.js'

/** @param threads of the recognition */
export async function createEmbeddingsFeature (
  {
    recognition,
    models,
    catalogue,
    admissions,
    detector,
    defaultModel,
    threads,
    quality,
    minQuality,
    database,
    selfTestStates,
    registry,
    log,
    onClose
  }: {
    recognition: Recognition
    models: ModelsFolder
    catalogue: Catalogue
    admissions: Admissions
    detector: string
    defaultModel: string
    threads: number
    /** what to do with faces beyond the limits of `minQuality` */
    quality: 'off' | 'flag' | 'refuse'
    minQuality: string
    database: Database
    selfTestStates: SelfTestStates
    registry: Registry
    log: Logger
    onClose: OnClose
  }
) {
  const limits = configuredQuality(minQuality, quality)
  const selfTests = createSelfTests({
    embed: recognition.embed,
    canaries: await readCanaries(join(projectRoot, 'canaries')),
    repository: createCanaryRepository(database),
    models,
    detector,
    states: selfTestStates,
    registry,
    log
  })
  onClose(() => selfTests.settled())
  const admission = admissions.open({ label: 'images', parallel: threads })
  const embed = createEmbedding(recognition, catalogue, admission, defaultModel, limits, selfTests.ensure)
  const embedLargest = createLargestEmbedding(embed)
  return {
    embed,
    embedLargest,
    mergeImages: createMerging(embedLargest, catalogue),
    ready: recognition.ready,
    /** Tests the default model in the background: without images nobody needs the memory of the others. */
    testDefaultModel: () => {
      selfTests.ensure([defaultModel]).catch((error: unknown) => log.error({ err: error }, 'the self-test failed'))
    },
    selfTests: {
      compareOwn: selfTests.compareOwn,
      forget: selfTests.forget,
      /** @throws Problem `model-unknown`, `model-cannot-embed`, `overloaded`, `unavailable` */
      async test (model: string): Promise<SelfTest> {
        embeddingSpace(catalogue, model)
        const admitted = admission.enter()
        return await selfTests.test(model).finally(admitted.leave)
      }
    }
  }
}
