import { isUtf8 } from 'node:buffer'
import { Problem } from '../errors.js'

export const byteOrderMark = '\ufeff'

/**
 * Decodes UTF-8 and keeps a byte order mark. All bytes from clients are decoded here: a decoder that replaces invalid
 * bytes makes the same name of "Müller" and "Möller" in Latin-1.
 *
 * @param where where the client has the bytes, for the error
 * @throws Problem `body-invalid`
 */
export function decodeUtf8 (bytes: Buffer, where: string): string {
  requireUtf8(bytes, where)
  return bytes.toString()
}

/** For bytes that something else decodes. @throws Problem `body-invalid` */
export function requireUtf8 (bytes: Buffer, where: string): void {
  if (!isUtf8(bytes)) throw new Problem('body-invalid', `${where}: expected UTF-8, received bytes that are not`)
}
