import type { Logger } from 'pino'
import type { OnClose } from '../../closers.js'
import type { Database } from '../../platform/database/database.js'
import { createAccess } from './access.js'
import { apiKeysChanged, type ApiKeyRepository } from './api-keys-repository.js'
import { createSessionRepository } from './sessions-repository.js'

/** API keys, kept in step across replicas. */
export async function createAccessFeature (
  { database, repository, log, onClose }: {
    database: Database
    repository: ApiKeyRepository
    log: Logger
    onClose: OnClose
  }
) {
  const access = createAccess(repository, createSessionRepository(database), log)
  onClose(() => access.close())
  onClose(await database.listen(apiKeysChanged, access.changed))
  return access
}
