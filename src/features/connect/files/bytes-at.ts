import type { FileHandle } from 'node:fs/promises'
import { StartupError } from '../../../errors.js'

/** Reads bytes of a file in memory of their own. @throws StartupError when the file ends before */
export async function bytesAt (file: FileHandle, position: number, count: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(count)
  for (let done = 0; done < count;) {
    const { bytesRead } = await file.read(bytes, done, count - done, position + done)
    if (bytesRead === 0) throw new StartupError(`expected ${count} bytes at ${position} of the file, found ${done}`)
    done += bytesRead
  }
  return bytes
}
