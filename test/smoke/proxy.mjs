import { Agent, createServer, request as forward } from 'node:http'
import { createChecker } from './checker.mjs'

/** Bytes of a body that are kept to be checked. */
const maxBytes = 64 * 2 ** 20
/** Of the connection to the service, not of what it says (RFC 9110, section 7.6.1). */
const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding'])
/** Milliseconds that a client may pause: longer than any step of the smoke test. */
const keepAliveTimeout = 600_000

/**
 * Starts a proxy of a service on a free loopback port that compares every exchange with the OpenAPI document of the
 * service. Bodies pass through as they arrive, in both directions.
 */
export async function startCheckingProxy (target) {
  const { hostname, port } = new URL(target)
  const document = await (await fetch(new URL('/openapi.json', target))).json()
  const checker = createChecker(document)
  const open = new Set()
  const agent = new Agent({ keepAlive: false })

  const server = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming
    const sent = collect(incoming)
    let answering = false
    const upstream = forward({ hostname, port, method, path: url, headers, agent }, response => {
      answering = true
      const received = collect(response)
      const { statusCode, headers: answered } = response
      const kept = Object.entries(answered).filter(([name]) => !hopByHop.has(name))
      outgoing.writeHead(statusCode, Object.fromEntries(kept))
      response.pipe(outgoing, { end: false })
      const exchange = new Promise(resolve => {
        response.on('end', () => {
          if (Object.keys(response.trailers).length > 0) outgoing.addTrailers(response.trailers)
          // Before the client sees the end: then it may ask for the findings.
          checker.check({
            method,
            url,
            request: { headers, body: sent() },
            answer: { status: statusCode, headers: answered, body: received() }
          })
          outgoing.end()
        })
        response.on('close', resolve)
      })
      open.add(exchange)
      exchange.finally(() => open.delete(exchange))
      response.on('aborted', () => outgoing.destroy())
    })
    // The service may answer before it has read the whole request, and close the connection.
    upstream.on('error', () => answering ? incoming.unpipe(upstream).resume() : outgoing.destroy())
    outgoing.on('close', () => upstream.destroy())
    incoming.pipe(upstream)
  })
  server.keepAliveTimeout = keepAliveTimeout
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))

  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** What was found so far, one sentence each. */
    findings: checker.findings,
    /** The operations and statuses that were compared. */
    seen: checker.seen,
    close: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
      await Promise.all(open)
    }
  }
}

/** @returns the bytes so far; undefined once they are too many */
function collect (stream) {
  const chunks = []
  let size = 0
  stream.on('data', chunk => {
    size += chunk.length
    if (size <= maxBytes) chunks.push(chunk)
    else chunks.length = 0
  })
  return () => size > maxBytes ? undefined : Buffer.concat(chunks)
}
