import { readConfig } from '../../config.js'
import { interruptible } from './interruption.js'
import { createServiceClient, type ServiceClient } from './service-client.js'

/** The options of every command that talks to a service. */
export const serviceOptions = {
  service: { type: 'string' },
  'key-file': { type: 'string' }
} as const

export const serviceHelp =
  `  Talks to the service at --service URL (default: CROSSWALK_URL, else HOST and PORT), with the API key in --key-file FILE
  (default: the key in CROSSWALK_KEY, if any).
`

interface ServiceChoice {
  readonly service?: string | undefined
  readonly 'key-file'?: string | undefined
}

/** A service of this process alone. */
export interface OfflineService {
  readonly url: string
  stop(): Promise<void>
}

/** @throws StartupError when the address or the key cannot be used */
export async function connectTo ({ service, 'key-file': keyFile }: ServiceChoice): Promise<ServiceClient> {
  const { host, port, serviceUrl, serviceKey } = readConfig()
  return await createServiceClient(
    service ?? serviceUrl ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    keyFile,
    serviceKey
  )
}

/**
 * Works with the chosen service, or with one of this process alone that is stopped afterwards. A signal ends the work
 * with its exit code.
 *
 * @param startOffline undefined for the chosen one
 */
export async function withService (
  choice: ServiceChoice,
  startOffline: (() => Promise<OfflineService>) | undefined,
  work: (client: ServiceClient, signal: AbortSignal) => Promise<void>
): Promise<void> {
  const offline = await startOffline?.()
  try {
    const client = offline === undefined ? await connectTo(choice) : await createServiceClient(offline.url, undefined)
    await interruptible(async ({ signal, exitCode }) => {
      try {
        await work(client, signal)
      } catch (error) {
        if (exitCode() === undefined) throw error
        process.exitCode = exitCode()
      }
    })
  } finally {
    await offline?.stop()
  }
}
