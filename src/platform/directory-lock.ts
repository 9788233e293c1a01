import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, realpath, rename, rm, symlink } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { StartupError } from '../errors.js'

/*
 * A lock on a folder that the kernel releases when its holder dies, `kill -9` included: a listening Unix domain socket
 * in the folder. A lock file with a process id would outlive its process, and ids are reused.
 *
 * Every candidate publishes a listening socket under a unique name (`lock-PID-RANDOM.sock`), and only then looks for
 * others. A socket that refuses connections is dead and is removed. One that accepts belongs to a live process: the
 * holder, or another candidate.
 * - Two candidates never both win: the one that published later sees the other.
 * - Removing a dead socket cannot hit a live one, since names are never reused, and a socket is renamed to its final
 *   name only once it listens.
 * - Two candidates that see each other both withdraw and retry after a random pause.
 */

const published = /^lock-(\d+)-[0-9a-f]+\.sock$/
/** sun_path holds 104 bytes on macOS and 108 on Linux, including the final zero. */
const maxAddressBytes = 103
const attempts = 20
/** Milliseconds to wait for a live holder whose thread is busy. */
const answerTimeout = 1000

type Rival = { pid: number, holds: boolean }

/** How the folder is described to the user, in error messages. */
export interface LockSubject {
  /** begins a sentence */
  readonly name: string
  /** a sentence: what to do when another process holds the lock */
  readonly whenInUse: string
  /** a sentence: what to do when the folder cannot hold a socket */
  readonly whenUnfit: string
}

/**
 * @param folder exists
 * @returns a function that releases the lock
 * @throws StartupError when another process, or this one, holds the lock, or the folder cannot hold a socket
 */
export async function lockDirectory (folder: string, subject: LockSubject): Promise<() => Promise<void>> {
  if (process.platform === 'win32') return await lockPipe(folder, subject)
  return await withShortPath(folder, subject, async (short) => {
    for (let attempt = 1;; attempt++) {
      const candidate = await publish(short, folder, subject)
      const rivals = await liveRivals(short, candidate.name).catch(async (error: unknown) => {
        await candidate.withdraw()
        throw error
      })
      const holder = rivals.find(({ holds }) => holds) ?? (attempt === attempts ? rivals[0] : undefined)
      if (rivals.length === 0) {
        candidate.hold()
        return async () => {
          await candidate.withdraw(folder)
        }
      }
      await candidate.withdraw()
      if (holder !== undefined) throw inUse(folder, subject, holder.pid)
      await delay(Math.random() * 20 * attempt)
    }
  })
}

async function publish (short: string, folder: string, { name: what, whenUnfit }: LockSubject) {
  const stem = `lock-${process.pid}-${randomBytes(6).toString('hex')}`
  const name = `${stem}.sock`
  let answer = 'candidate'
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.end(answer)
  })
  try {
    await listen(server, join(short, `${stem}.new`))
    await rename(join(short, `${stem}.new`), join(short, name))
  } catch (error) {
    server.close()
    throw new StartupError(
      `${what} ${folder} cannot be locked: its file system does not support Unix domain sockets ` +
        `(${error instanceof Error ? error.message : String(error)}). ` +
        whenUnfit,
      { cause: error }
    )
  }
  return {
    name,
    hold (): void {
      answer = 'holder'
    },
    async withdraw (at = short): Promise<void> {
      await rm(join(at, name), { force: true })
      await closed(server)
    }
  }
}

async function liveRivals (short: string, own: string): Promise<Rival[]> {
  const rivals: Rival[] = []
  for (const name of await readdir(short)) {
    const pid = published.exec(name)?.[1]
    if (pid === undefined || name === own) continue
    const state = await ask(join(short, name))
    if (state === 'dead') await rm(join(short, name), { force: true })
    else rivals.push({ pid: Number(pid), holds: state === 'holder' })
  }
  return rivals
}

/** Only a refused connection proves that the socket is dead; any other failure (say, of permission) does not. */
async function ask (address: string): Promise<'dead' | 'candidate' | 'holder'> {
  return await new Promise((resolve) => {
    let text = ''
    const socket = connect(address)
    socket.setTimeout(answerTimeout, () => {
      resolve('holder')
      socket.destroy()
    })
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString()
    })
    socket.on('close', () => {
      resolve(text === 'candidate' ? 'candidate' : 'holder')
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve('dead')
    })
  })
}

/**
 * Sockets must be in the folder itself, whatever path leads to it, or two processes would lock different places. A path
 * too long for a socket address is therefore shortened by a symbolic link.
 */
async function withShortPath<T> (
  folder: string,
  { name: what, whenUnfit }: LockSubject,
  work: (short: string) => Promise<T>
): Promise<T> {
  const name = `lock-${process.pid}-${'0'.repeat(12)}.sock`
  if (Buffer.byteLength(join(folder, name)) <= maxAddressBytes) return await work(folder)
  const parent = await mkdtemp(join(tmpdir(), 'cw-'))
  try {
    const short = join(parent, 'd')
    if (Buffer.byteLength(join(short, name)) > maxAddressBytes) {
      throw new StartupError(
        `${what} ${folder} cannot be locked: its path is too long for a socket, ` +
          `and so is that of the temporary directory. ${whenUnfit}`
      )
    }
    await symlink(folder, short)
    return await work(short)
  } finally {
    await rm(parent, { recursive: true, force: true })
  }
}

/** On Windows, the lock is a named pipe: the first instance is exclusive, and it disappears with its process. */
async function lockPipe (folder: string, subject: LockSubject): Promise<() => Promise<void>> {
  const digest = createHash('sha256').update((await realpath(folder)).toLowerCase()).digest('hex')
  const server = createServer((socket) => {
    socket.end()
  })
  try {
    await listen(server, `\\\\.\\pipe\\crosswalk-${digest}`)
  } catch (error) {
    throw inUse(folder, subject, undefined, error)
  }
  return async () => {
    await closed(server)
  }
}

async function listen (server: Server, address: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(address, () => {
      server.off('error', reject)
      // The lock does not keep the process alive; it is released when the process ends.
      server.unref()
      resolve()
    })
  })
}

async function closed (server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve()
    })
  })
}

function inUse (
  folder: string,
  { name, whenInUse }: LockSubject,
  pid: number | undefined,
  cause?: unknown
): StartupError {
  const who = pid === undefined ? 'another process' : pid === process.pid ? 'this process' : `process ${pid}`
  return new StartupError(`${name} ${folder} is in use by ${who}. ${whenInUse}`, { cause })
}
