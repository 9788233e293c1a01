import { connect, type Socket } from 'node:net'
import { eventually } from './eventually.js'
import { call, type Json } from './service.js'

/** A connection of its own, on which a request is sent by hand. */
export interface Connection {
  readonly socket: Socket
  /** what came */
  readonly received: () => Buffer
  /** Resolves once so many bytes have come. @throws Error when it is closed before */
  readonly until: (bytes: number) => Promise<void>
  readonly closed: Promise<void>
}

export async function open (url: string): Promise<Connection> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const pieces: Buffer[] = []
  let length = 0
  socket.on('error', () => {})
  socket.on('data', (piece: Buffer) => {
    pieces.push(piece)
    length += piece.length
    socket.emit('more')
  })
  const closed = new Promise<void>(resolve => {
    socket.once('close', () => resolve())
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve).once('error', reject)
  })
  return {
    socket,
    received: () => Buffer.concat(pieces),
    until: bytes =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (length >= bytes) resolve()
        }
        socket.on('more', look)
        closed.then(() =>
          reject(
            new Error(
              `the connection was closed after ${length} bytes: ${
                Buffer.concat(pieces).toString('latin1').slice(0, 500)
              }`
            )
          )
        )
        look()
      }),
    closed
  }
}

/**
 * What a server says to these bytes until it closes the connection.
 * @throws Error when it leaves it open; a connection that is kept alive is closed after 72 s
 */
export async function exchange (url: string, sent: string): Promise<string> {
  const { socket, received, closed } = await open(url)
  let isLeft = false
  socket.setTimeout(60_000, () => {
    isLeft = true
    socket.destroy()
  })
  socket.write(sent, 'latin1')
  await closed
  if (isLeft) throw new Error(`the connection stays open after: ${received().toString()}`)
  return received().toString()
}

/** The head of a request. */
export function head (method: string, path: string, headers: Readonly<Record<string, string | number>> = {}): string {
  return `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${
    Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('')
  }\r\n`
}

/** The records of the audit of one operation, once there are as many. */
export const recordsOf = async (
  url: string,
  operation: string,
  count: number,
  headers: Record<string, string> = {}
): Promise<Json[]> =>
  await eventually(`${count} records of ${operation}`, async () => {
    const { json } = await call(url, 'GET', '/v1/audit?limit=1000', { headers })
    const records: Json[] = json.records.map(({ record }: Json) => record)
    return records.filter(record => record.operation === operation)
  }, records => records.length >= count)

/** Resolves once nothing is held for anybody. */
export async function idle (url: string, headers: Record<string, string> = {}): Promise<void> {
  const none = ['http_requests_in_flight 1', 'admissions_in_flight 0', 'event_streams_open 0', 'request_body_bytes 0']
  await eventually(
    'that nothing is held',
    async () => {
      const lines = (await call(url, 'GET', '/metrics', { headers })).bytes.toString().split('\n')
      return none.filter(line => !lines.includes(line))
    },
    held => held.length === 0
  )
}
