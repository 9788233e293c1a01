import { readConfig } from '../../config.js'
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

/** @throws StartupError when the address or the key cannot be used */
export async function connectTo (
  { service, 'key-file': keyFile }: { readonly service?: string | undefined, readonly 'key-file'?: string | undefined }
): Promise<ServiceClient> {
  const { host, port, serviceUrl, serviceKey } = readConfig()
  return await createServiceClient(
    service ?? serviceUrl ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    keyFile,
    serviceKey
  )
}
