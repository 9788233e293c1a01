import { once } from 'node:events'
import { Agent, createServer, get, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Proxy {
  readonly url: string
  /** replicas that say that they are ready, as last asked */
  readonly ready: () => number
  stop(): Promise<void>
}

/**
 * A minimal load balancer: requests go in turn to the replicas that report to be ready, polled ten times a second. It
 * never retries, so that dropped requests show.
 */
export async function startProxy (replicas: readonly string[]): Promise<Proxy> {
  const ready = new Set<string>()
  const agent = new Agent({ keepAlive: true })
  const ask = (replica: string) => {
    get(`${replica}/health/ready`, { timeout: 2000 }, answer => {
      if (answer.statusCode === 200) ready.add(replica)
      else ready.delete(replica)
      answer.resume()
    }).on('error', () => ready.delete(replica)).on('timeout', () => ready.delete(replica))
  }
  const timer = setInterval(() => replicas.forEach(ask), 100)

  let turn = 0
  const server = createServer((incoming, outgoing) => {
    const able = replicas.filter(replica => ready.has(replica))
    const replica = able[turn++ % Math.max(1, able.length)]
    if (replica === undefined) fail(outgoing, 'no replica is ready')
    else forward(replica, incoming, outgoing)
  })

  function forward (replica: string, incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { connection, ...headers } = incoming.headers
    const passing = request(replica + incoming.url!, { method: incoming.method!, headers, agent }, answer => {
      const { connection, 'keep-alive': keepAlive, ...answered } = answer.headers
      outgoing.writeHead(answer.statusCode!, answered)
      answer.on('error', () => outgoing.destroy()).pipe(outgoing)
    })
    passing.on('error', error => fail(outgoing, String(error)))
    incoming.pipe(passing)
  }

  function fail (outgoing: ServerResponse, why: string): void {
    if (outgoing.headersSent) outgoing.destroy()
    else outgoing.writeHead(502).end(why)
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ready: () => ready.size,
    async stop () {
      clearInterval(timer)
      server.close()
      server.closeAllConnections()
      agent.destroy()
    }
  }
}
