import type { InputFile } from './input-file.js'

/** Bytes that are read at once. */
const blockBytes = 2 ** 20
/** A line beyond this is not kept. */
const longestLine = 2 ** 20
const newline = 0x0a

export interface ReadLine {
  /** without the newline; undefined when the line is too long */
  readonly bytes: Buffer | undefined
  /** position behind the newline */
  readonly end: number
}

/** The lines of a file, from a position where one begins. The last one may lack its newline. */
export async function * readLines (file: InputFile, from: number): AsyncGenerator<ReadLine, void> {
  file.seek(from)
  /** What there is of a line whose end is in a later block; undefined when it is too long already. */
  let begun: Buffer[] | undefined = []
  let begunBytes = 0
  let position = from
  for (;;) {
    const block = await file.take(blockBytes)
    if (block.length === 0) break
    for (let at = 0; at < block.length;) {
      const found = block.indexOf(newline, at)
      const piece = block.subarray(at, found < 0 ? block.length : found)
      begunBytes += piece.length
      begun = begunBytes > longestLine ? undefined : begun
      begun?.push(piece)
      if (found < 0) break
      at = found + 1
      position += begunBytes + 1
      yield { bytes: begun && joined(begun), end: position }
      begun = []
      begunBytes = 0
    }
  }
  if (begunBytes > 0) yield { bytes: begun && joined(begun), end: position + begunBytes }
}

const joined = (pieces: readonly Buffer[]): Buffer => pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
