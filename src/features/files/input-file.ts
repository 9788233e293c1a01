import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { StartupError } from '../../errors.js'
import type { ByteReader } from '../../science/template/row-bytes.js'

/** Bytes at the beginning of a file that identify it, together with its size and the time of its last change. */
const headBytes = 2 ** 20

/** What identifies an input file. */
interface InputIdentity {
  readonly bytes: number
  /** milliseconds since 1970 */
  readonly modified: number
  readonly headSha256: string
}

export interface InputFile extends ByteReader {
  readonly identity: InputIdentity
  /** Whether the path leads to this file, under whatever name. */
  isSameAs(other: { readonly dev: number, readonly ino: number }): boolean
  /** Continues reading at a byte. */
  seek(position: number): void
  /** Whether the file is unchanged since it was opened. */
  isUnchanged(): Promise<boolean>
  close(): Promise<void>
}

/** Opens a file to read it from its beginning to its end. @throws StartupError */
export async function openInputFile (path: string): Promise<InputFile> {
  const refused = (error: NodeJS.ErrnoException): never => {
    throw new StartupError(`${path}: expected a readable file, received ${error.code}`, { cause: error })
  }
  const handle = await open(path, 'r').catch(refused)
  try {
    const stats = await handle.stat()
    if (!stats.isFile()) {
      throw new StartupError(
        `${path}: expected a regular file, received something else`
      )
    }
    let position = 0
    const take = async (count: number): Promise<Buffer> => {
      // Memory of its own, which may be transferred to a worker.
      const bytes = Buffer.allocUnsafeSlow(Math.min(count, Math.max(0, stats.size - position)))
      let filled = 0
      while (filled < bytes.length) {
        const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, position).catch(refused)
        if (bytesRead === 0) break
        filled += bytesRead
        position += bytesRead
      }
      return bytes.subarray(0, filled)
    }
    const head = createHash('sha256').update(await take(headBytes)).digest('hex')
    position = 0
    return {
      identity: { bytes: stats.size, modified: stats.mtimeMs, headSha256: head },
      isSameAs: ({ dev, ino }) => dev === stats.dev && ino === stats.ino,
      take,
      received: () => position,
      seek (to) {
        position = to
      },
      async isUnchanged () {
        const { size, mtimeMs } = await handle.stat()
        return size === stats.size && mtimeMs === stats.mtimeMs
      },
      close: () => handle.close()
    }
  } catch (error) {
    await handle.close()
    throw error
  }
}
