import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** What happens to bytes on their way: they pass, they wait, or connections are cut and refused. */
type Passage = 'open' | 'stalled' | 'cut'

export interface TcpProxy {
  /** the address given, by way of the proxy */
  readonly url: string
  /** connections that were refused */
  readonly refused: () => number
  set(passage: Passage): void
  stop(): Promise<void>
}

/** A way to a server on 127.0.0.1 that can fail as a network does. @param to address of the server */
export async function startTcpProxy (to: string): Promise<TcpProxy> {
  const port = Number(new URL(to).port)
  let passage: Passage = 'open'
  let refused = 0
  const pairs = new Set<readonly [Socket, Socket]>()
  const server = createServer(near => {
    if (passage === 'cut') {
      refused++
      near.destroy()
      return
    }
    const far = connect(port, '127.0.0.1')
    const pair = [near, far] as const
    pairs.add(pair)
    for (const [from, to] of [pair, [far, near] as const]) {
      from.on('error', () => {})
      from.on('data', chunk => {
        to.write(chunk)
      })
      from.on('close', () => {
        to.destroy()
        pairs.delete(pair)
      })
      if (passage === 'stalled') from.pause()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(to)
  url.port = String((server.address() as AddressInfo).port)
  const proxy: TcpProxy = {
    url: url.href,
    refused: () => refused,
    set (wanted) {
      passage = wanted
      for (const pair of pairs) {
        for (const socket of pair) {
          if (wanted === 'cut') socket.destroy()
          else if (wanted === 'stalled') socket.pause()
          else socket.resume()
        }
      }
    },
    async stop () {
      proxy.set('cut')
      server.close()
      await once(server, 'close')
    }
  }
  return proxy
}
