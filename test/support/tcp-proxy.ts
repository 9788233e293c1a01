import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** What happens to bytes on their way: they pass, they wait, or connections are cut and refused. */
type Passage = 'open' | 'stalled' | 'cut'

export interface TcpProxy {
  readonly port: number
  set (passage: Passage): void
  stop (): Promise<void>
}

/** A way to a server on 127.0.0.1 that can fail as a network does. */
export async function startTcpProxy (port: number): Promise<TcpProxy> {
  let passage: Passage = 'open'
  const pairs = new Set<readonly [Socket, Socket]>()
  const server = createServer(near => {
    if (passage === 'cut') { near.destroy(); return }
    const far = connect(port, '127.0.0.1')
    const pair = [near, far] as const
    pairs.add(pair)
    for (const [from, to] of [pair, [far, near] as const]) {
      from.on('error', () => {})
      from.on('data', chunk => { to.write(chunk) })
      from.on('close', () => { to.destroy(); pairs.delete(pair) })
      if (passage === 'stalled') from.pause()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy: TcpProxy = {
    port: (server.address() as AddressInfo).port,
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
