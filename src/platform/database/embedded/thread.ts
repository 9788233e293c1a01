import { createPool, workerBeside } from '../../../engines/threads/pool.js'
import { Duplex } from 'node:stream'
import { joinBytes } from './join-bytes.js'
import type { Opening } from './worker.js'

/** Milliseconds after which an unresponsive database is given up. The slowest statement is building an index. */
const answerTimeout = 15 * 60_000

/** PGlite in a thread of its own; pg talks to it as to a server. */
export interface DatabaseThread {
  /** Opens the stream that pg connects with; one at a time. */
  connect(): Duplex
  /** Closes the database, then the thread. */
  close(): Promise<void>
}

/**
 * Resolves when the database is open.
 *
 * @param onLost called when the database has failed: it threw, or its thread ended. Nothing answers after that
 */
export async function startDatabaseThread (
  opening: Opening,
  onLost: (error: Error) => void
): Promise<DatabaseThread> {
  const pool = createPool<Uint8Array | Opening | undefined, Uint8Array | undefined>({
    worker: workerBeside(import.meta.url, 'worker'),
    task: 'answer',
    threads: 1,
    minThreads: 1,
    stricterFIFO: true,
    onError: onLost,
    // Every error means that the database is lost, and its own message says why.
    explain: error => error
  })

  async function ask (request: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    return (await pool.run(request, { transferList: [request.buffer], signal: AbortSignal.timeout(answerTimeout) }))!
  }

  try {
    await pool.run(opening, { name: 'open' })
  } catch (error) {
    await pool.destroy()
    throw error
  }
  return {
    connect: () => new ThreadSocket(ask, onLost),

    async close () {
      try {
        await pool.run(undefined, { name: 'close' })
      } finally {
        await pool.destroy()
      }
    }
  }
}

/** The parts of a socket that pg needs. */
class ThreadSocket extends Duplex {
  readonly #ask: (request: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>
  readonly #onLost: (error: Error) => void

  constructor (ask: (request: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>, onLost: (error: Error) => void) {
    super()
    this.#ask = ask
    this.#onLost = onLost
  }

  connect (): this {
    queueMicrotask(() => {
      this.emit('connect')
    })
    return this
  }

  setNoDelay (): this {
    return this
  }

  // A pending query keeps the process alive until it is answered.
  ref (): this {
    return this
  }
  unref (): this {
    return this
  }

  override _read (): void {}

  override _write (chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this._writev([{ chunk }], done)
  }

  /** Sends everything that pg writes for one query as one message. */
  override _writev (chunks: readonly { chunk: Buffer }[], done: () => void): void {
    this.#ask(joinBytes(chunks.map(({ chunk }) => chunk))).then(answer => {
      this.push(answer)
    }, (error: Error) => {
      this.destroy(new Error(`Connection terminated: ${error.message}`, { cause: error }))
      this.#onLost(error)
    })
    done()
  }

  override _final (done: () => void): void {
    this.push(null)
    done()
  }
}
