import fp from 'fastify-plugin'
import { Problem } from '../../../errors.js'
import { percentDecoded } from '../../percent-decoded.js'

/**
 * Rejects URLs that are not ASCII, or whose escapes are not UTF-8 (RFC 3986, section 2.5; RFC 9110, section 4.2.5).
 * Fastify leaves a query parameter that it cannot decode as it is written, and reads unescaped bytes as Latin-1: the
 * request would then name another person.
 */
export default fp(async app => {
  app.addHook('onRequest', (request, _reply, done) => {
    if (!isAscii(request.url)) {
      throw new Problem(
        'request-invalid',
        'address: expected non-ASCII characters to be percent-encoded UTF-8, received them unencoded'
      )
    }
    if (percentDecoded(request.url) === undefined) {
      throw new Problem(
        'request-invalid',
        'address: expected percent-encoded UTF-8, received other bytes'
      )
    }
    done()
  })
}, { name: 'addresses', fastify: '5.x' })

const isAscii = (url: string): boolean => /^[\x21-\x7e]*$/.test(url)
