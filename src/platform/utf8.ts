import { isUtf8 } from 'node:buffer'
import { Problem } from '../errors.js'

export const byteOrderMark = '\ufeff'

/**
 * The text of UTF-8; a byte order mark stays in it. Whatever turns bytes of a caller into text does it here: a decoder
 * that replaces what it cannot read makes one name of "Müller" and "Möller" in Latin-1.
 *
 * @param where the caller has the bytes
 * @throws Problem `body-invalid`
 */
export function decodeUtf8 (bytes: Buffer, where: string): string {
  requireUtf8(bytes, where)
  return bytes.toString()
}

/** For bytes that something else turns into text. @throws Problem `body-invalid` */
export function requireUtf8 (bytes: Buffer, where: string): void {
  if (!isUtf8(bytes)) throw new Problem('body-invalid', `${where}: expected UTF-8, received bytes that are not`)
}
