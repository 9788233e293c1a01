import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { OnClose } from '../../closers.js'
import type { Database } from '../../platform/database/database.js'
import { createEngineSweeper, measureEngine } from './engine-sweeper.js'
import type { IndexingOptions } from './indexing.js'
import { openChannels } from './store/qdrant/channel.js'
import type { CollectionSettings } from './store/qdrant/collection.js'
import { createCollectionRows } from './store/qdrant/collection-rows.js'
import { createQdrantEngine } from './store/qdrant/engine.js'
import type { VectorEngine } from './store/vector-engine.js'
import { openVectorIndex } from './store/vector-index.js'

/** A Qdrant that indexes galleries. */
export interface EngineConfig extends CollectionSettings {
  readonly url: string
  readonly apiKey: string | undefined
}

/** Maximum templates in an index of the embedded database: building takes some 25 ms each and blocks all queries. */
const maxIndexedEmbedded = 5000

interface OpenedEngine {
  /** undefined when galleries cannot be indexed */
  readonly index: VectorEngine | undefined
  readonly options: IndexingOptions
}

/** Opens what indexes galleries: Qdrant where one is configured, else pgvector where the database has it. */
export async function openEngine (
  { database, config, registry, log, onClose }: {
    readonly database: Database
    readonly config: EngineConfig | undefined
    readonly registry: Registry
    readonly log: Logger
    readonly onClose: OnClose
  }
): Promise<OpenedEngine> {
  const inDatabase = await openVectorIndex(database)
  const rows = createCollectionRows(database)
  if (config !== undefined) {
    const qdrant = createQdrantEngine(database, openChannels(config, log), config, await rows.owner())
    const sweeper = createEngineSweeper(qdrant, log)
    onClose(() => sweeper.stop())
    measureEngine(registry, qdrant)
    return { index: qdrant.quick, options: { patient: qdrant.patient, former: inDatabase, left: sweeper.kick } }
  }
  const { length: abandoned } = await rows.list()
  if (abandoned > 0) {
    log.warn(
      `${abandoned} collections of galleries are in a Qdrant that VECTOR_ENGINE_URL no longer names: what is erased from ` +
        'now on stays there. Delete them, or name it again'
    )
  }
  if (inDatabase === undefined) {
    log.info(
      'galleries cannot be indexed: the database lacks pgvector 0.7 or later, or its user may not create indexes'
    )
  }
  return { index: inDatabase, options: database.kind === 'embedded' ? { maxTemplates: maxIndexedEmbedded } : {} }
}
