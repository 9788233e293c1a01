import { isIPv4 } from 'node:net'

/** Whether an address or host name is a loopback one, which no other machine can reach: 127.0.0.0/8, ::1, localhost. */
export function isLoopback (host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1')
  return name === 'localhost' || name === '::1' || (isIPv4(name) && name.startsWith('127.'))
}
