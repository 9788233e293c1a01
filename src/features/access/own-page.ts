import type { FastifyRequest } from 'fastify'

/**
 * Whether a request comes from a page of this service, or from somebody who typed its address. A session says whose
 * browser it is and not whose page; `SameSite=Strict` keeps other sites out, but pages of another port or subdomain are
 * of the same site.
 *
 * Browsers say where a request comes from in `Sec-Fetch-Site`, which no page can set (W3C, Fetch Metadata). They leave
 * it out over plain HTTP to other machines; then `Origin` has to name the host of the request.
 */
export function fromOwnPage ({ method, headers }: FastifyRequest): boolean {
  const reading = method === 'GET' || method === 'HEAD'
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin' || (site === 'none' && reading)
  if (headers.origin === undefined) return reading
  return URL.canParse(headers.origin) && new URL(headers.origin).host === headers.host
}
