import { Problem } from '../../../errors.js'
import type { ByteReader } from '../../../science/template/row-bytes.js'
import { readLines } from '../../lines.js'
import { decodeUtf8 } from '../../utf8.js'

/**
 * Maximum blank lines of a body. No real file has more: they cost the client a byte each, and the service the time to
 * read them.
 */
const maxBlankLines = 2 ** 20

/**
 * Yields UTF-8 lines as they arrive, without line ends and without blank lines.
 *
 * @throws Problem `body-invalid` naming the line that is too long or not UTF-8, or when too many are blank
 */
export async function* readTextLines (
  body: Pick<ByteReader, 'take'>
): AsyncGenerator<{ text: string, number: number }, void> {
  let [before, blank] = [0, 0]
  for await (const { bytes, number } of readLines(body, { tooLong: 'refuse' })) {
    if (bytes!.length > 0) yield { text: decodeUtf8(bytes!, `line ${number}`), number }
    else blank += number - before
    if (blank > maxBlankLines) {
      throw new Problem('body-invalid', `line ${number}: expected at most ${maxBlankLines} blank lines, received more`)
    }
    before = number
  }
}
