import { Problem } from '../errors.js'
import { createTurns } from './turns.js'

/** Bytes read at once. */
const blockBytes = 256 * 1024
/** Maximum bytes of a line: 4,096 numbers take at most 100,000. */
export const maxLineBytes = 2 ** 20
const newline = 0x0a

export interface Line {
  /**
   * Without the newline. Empty for blank lines, where several in a row are reported as one; undefined for a line too
   * long to keep.
   */
  readonly bytes: Buffer | undefined
  /** from 1, counting blank lines; the last one of several */
  readonly number: number
  /** position behind the newline */
  readonly end: number
}

/** A sequential source of bytes. */
interface ByteSource {
  /** The next `count` bytes, or fewer at the end. */
  take(count: number): Promise<Buffer>
}

/**
 * Yields lines as they arrive; the last one may lack its newline. Blank lines are counted and not parsed. Whatever the
 * lines are and whatever is done with them, it yields to the event loop regularly.
 *
 * @param tooLong what to do with a line of more than `maxLineBytes`: throw as soon as that is known, or yield it
 *   without its bytes
 * @param from position of the first line in the file
 * @throws Problem `body-invalid`
 */
export async function* readLines (
  source: ByteSource,
  { tooLong, from = 0 }: { tooLong: 'refuse' | 'tell', from?: number }
): AsyncGenerator<Line, void> {
  const turns = createTurns()
  /** The start of a line that ends in a later block; undefined when it is too long already. */
  let begun: Buffer[] | undefined = []
  let begunBytes = 0
  let number = 0
  let position = from
  for (;;) {
    const block = await source.take(blockBytes)
    if (block.length === 0) break
    for (let at = 0; at < block.length;) {
      if (turns.over()) await turns.next()
      const blank = begunBytes === 0 ? blankLines(block, at) : noLines
      if (blank.count > 0) {
        number += blank.count
        position += blank.end - at
        at = blank.end
        yield { bytes: noBytes, number, end: position }
        continue
      }
      const found = block.indexOf(newline, at)
      const piece = block.subarray(at, found < 0 ? block.length : found)
      begunBytes += piece.length
      if (begunBytes > maxLineBytes) {
        if (tooLong === 'refuse') {
          throw new Problem('body-invalid', `line ${number + 1}: expected at most ${maxLineBytes} bytes, received more`)
        }
        begun = undefined
      }
      begun?.push(piece)
      if (found < 0) break
      at = found + 1
      position += begunBytes + 1
      yield { bytes: begun && joined(begun), number: ++number, end: position }
      begun = []
      begunBytes = 0
    }
  }
  if (begunBytes > 0) yield { bytes: begun && joined(begun), number: number + 1, end: position + begunBytes }
}

const noBytes = Buffer.alloc(0)
const noLines = { count: 0, end: 0 }

/**
 * The number of consecutive blank lines from a position, and where the last of them ends. White space is that of JSON.
 */
function blankLines (block: Buffer, from: number): { readonly count: number, readonly end: number } {
  if (!isWhite(block[from])) return noLines
  let [count, end] = [0, from]
  for (let at = from; isWhite(block[at]); at++) {
    if (block[at] !== newline) continue
    count++
    end = at + 1
  }
  return { count, end }
}

const isWhite = (byte: number | undefined): boolean =>
  byte === newline || byte === 0x20 || byte === 0x0d || byte === 0x09

/** The bytes of a line, none for a blank one. */
function joined (pieces: readonly Buffer[]): Buffer {
  const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
  return bytes.every(isWhite) ? noBytes : bytes
}
