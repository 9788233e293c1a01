import { Problem } from '../../../errors.js'
import type { ByteReader } from '../../../science/template/row-bytes.js'
import { readLines } from '../../lines.js'
import { decodeUtf8 } from '../../utf8.js'

/**
 * Blank lines of a body. More than these are no file of anybody's: they cost a byte each, and reading them costs the
 * service.
 */
const mostBlankLines = 2 ** 20

/**
 * Lines of UTF-8 as they arrive, without their ends, and without those that are blank.
 *
 * @throws Problem `body-invalid` naming the line that is too long or no UTF-8, or when too many are blank
 */
export async function* readTextLines (
  body: Pick<ByteReader, 'take'>
): AsyncGenerator<{ text: string, number: number }, void> {
  let [before, blank] = [0, 0]
  for await (const { bytes, number } of readLines(body, { tooLong: 'refuse' })) {
    if (bytes!.length > 0) yield { text: decodeUtf8(bytes!, `line ${number}`), number }
    else blank += number - before
    if (blank > mostBlankLines) {
      throw new Problem('body-invalid', `line ${number}: expected at most ${mostBlankLines} blank lines, received more`)
    }
    before = number
  }
}
