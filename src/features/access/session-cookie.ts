import type { FastifyReply, FastifyRequest } from 'fastify'

const name = 'crosswalk-session'
/** With the prefix, browsers take the cookie from this host alone, over TLS (RFC 6265bis, section 4.1.3.2). */
const names = { plain: name, secure: `__Host-${name}` } as const

/** Tokens of sessions are longer than nothing and far shorter than this. */
const maxLength = 100

/** The token of the session that a browser sent; undefined when it sent none. */
export function sessionToken ({ headers: { cookie = '' } }: FastifyRequest): string | undefined {
  const cookies = new Map(
    cookie.split(';').map(pair => {
      const at = pair.indexOf('=')
      return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()] as const
    })
  )
  // A page of a neighbouring host could set the plain one, to sign somebody in as somebody else.
  const token = cookies.get(names.secure) ?? cookies.get(names.plain)
  return token === undefined || token.length > maxLength ? undefined : token
}

/**
 * Gives a browser the token of a session, or takes it away. A cookie that scripts cannot read, that is sent to this
 * service by its own pages only, and that ends with the session.
 */
export function setSession (
  request: FastifyRequest,
  reply: FastifyReply,
  session: { readonly token: string, readonly expiresAt: string } | undefined
): void {
  // What the browser itself says it speaks: the proxy that terminates TLS need not tell.
  const secure = request.headers.origin?.startsWith('https:') === true
  const attributes = 'Path=/; HttpOnly; SameSite=Strict'
  const cookies = Object.values(names).map(cookie => {
    const own = cookie === (secure ? names.secure : names.plain)
    const safe = cookie === names.secure ? '; Secure' : ''
    return session === undefined || !own
      ? `${cookie}=; ${attributes}${safe}; Max-Age=0`
      : `${cookie}=${session.token}; ${attributes}${safe}; Expires=${new Date(session.expiresAt).toUTCString()}`
  })
  reply.header('set-cookie', cookies)
}
