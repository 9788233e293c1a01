import { Problem } from '../../../errors.js'
import type { ByteReader } from '../../../science/template/row-bytes.js'

const pieceBytes = 256 * 1024
/** Lines of a file that is read whole: each takes far more memory than a short one has bytes. */
const mostLines = 2 ** 20

/**
 * Lines of UTF-8 as they arrive, without their ends; a last line needs none.
 *
 * @param longest bytes of a line, so that nobody's line fills the memory
 * @throws Problem `body-invalid` naming the line that is longer, or is no UTF-8
 */
export async function * readLines (body: ByteReader, longest: number): AsyncGenerator<{ text: string, number: number }, void> {
  let number = 0
  let rest: Buffer = Buffer.alloc(0)
  const line = (bytes: Buffer) => ({ text: decodeUtf8(bytes, `line ${++number}`), number })
  for (;;) {
    const piece = await body.take(pieceBytes)
    let bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a)) {
      yield line(bytes.subarray(0, end))
      bytes = bytes.subarray(end + 1)
    }
    if (bytes.length > longest) throw new Problem('body-invalid', `line ${number + 1}: expected at most ${longest} bytes, received more`)
    if (piece.length === 0) {
      if (bytes.length > 0) yield line(bytes)
      return
    }
    rest = bytes
  }
}

/** Lines of a file that is read whole, without those that are empty. @throws Problem `body-invalid` when they are too many, or no UTF-8 */
export function splitLines (bytes: Buffer, where: string): string[] {
  const lines = decodeUtf8(bytes, where).split(/\r?\n/, mostLines + 1)
  if (lines.length > mostLines) throw new Problem('body-invalid', `${where}: expected at most ${mostLines} lines, received more`)
  return lines.filter(line => line !== '')
}

/** Bytes that are no UTF-8 would otherwise become the same replacement character, and two names one. @throws Problem `body-invalid` */
export function decodeUtf8 (bytes: Buffer, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Problem('body-invalid', `${where}: expected UTF-8, received bytes that are not`)
  }
}

/** @throws Problem `body-invalid` */
export function parseJsonLine (text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Problem('body-invalid', `${where}: expected a JSON object, received ${JSON.stringify(text.slice(0, 80))}`)
  }
}
