import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { programOf, startServer, type ServerProcess } from '../../bench/processes.js'
import { prepareDataDirectory } from '../../test/support/prepared.js'

export interface OwnServiceOptions {
  /** whether it requires API keys */
  readonly keys?: boolean
  /** of its environment */
  readonly changes?: Readonly<Record<string, string>>
}

/**
 * Starts a service in a process of its own, on an embedded database with the examples. It turns nobody away. To stop it
 * removes its data.
 *
 * @returns with the administrator's key, which is empty when no keys are required
 * @throws Error when the service cannot be started
 */
export async function startOwnService (
  { keys = false, changes = {} }: OwnServiceOptions = {}
): Promise<ServerProcess & { readonly admin: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'crosswalk-trust-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  const [dataDir, adminKeyFile] = [join(folder, 'data'), join(folder, 'admin-key')]
  try {
    await prepareDataDirectory(dataDir, { served: true })
    const server = await startServer(process.execPath, programOf('src/server'), {
      name: 'the service',
      // An empty variable is one that is not set: what the shell has of them decides nothing here.
      env: {
        HOST: '',
        PORT: '0',
        DATABASE_URL: '',
        DATA_DIR: dataDir,
        LOG_LEVEL: 'error',
        EXAMPLES: 'on',
        EMBED_THREADS: '1',
        MAX_WAIT: '60000',
        ...keys ? { ADMIN_KEY_FILE: adminKeyFile } : {},
        ...changes
      }
    })
    return {
      ...server,
      admin: keys ? (await readFile(adminKeyFile, 'utf8')).trim() : '',
      async stop () {
        const code = await server.stop()
        await remove()
        return code
      }
    }
  } catch (error) {
    await remove()
    throw error
  }
}
