import { crc32, deflateRawSync } from 'node:zlib'

/** A file of a zip archive. */
interface ZippedFile {
  readonly name: string
  readonly bytes: Buffer
  readonly compressed?: boolean
  /** sizes of 64 bits in an extra field, as `numpy.savez` forces them; here in the directory too */
  readonly zip64?: boolean
}

/** An archive by APPNOTE.TXT 6.3.10 (sections 4.3.7, 4.3.12, 4.3.16 and 4.5.3), for files that no library wrote. */
export function zipped (files: readonly ZippedFile[]): Buffer {
  const [bodies, directory]: [Buffer[], Buffer[]] = [[], []]
  let offset = 0
  for (const { name, bytes, compressed = false, zip64 = false } of files) {
    const content = compressed ? deflateRawSync(bytes) : bytes
    const extra = Buffer.alloc(zip64 ? 20 : 0)
    if (zip64) {
      extra.writeUInt16LE(1, 0)
      extra.writeUInt16LE(16, 2)
      extra.writeBigUInt64LE(BigInt(bytes.length), 4)
      extra.writeBigUInt64LE(BigInt(content.length), 12)
    }
    const common = Buffer.alloc(26) // version needed to length of the extra field
    common.writeUInt16LE(zip64 ? 45 : 20, 0)
    common.writeUInt16LE(compressed ? 8 : 0, 4)
    common.writeUInt16LE(0x21, 8) // 1 January 1980
    common.writeUInt32LE(crc32(bytes), 10)
    common.writeUInt32LE(zip64 ? 0xffffffff : content.length, 14)
    common.writeUInt32LE(zip64 ? 0xffffffff : bytes.length, 18)
    common.writeUInt16LE(name.length, 22)
    common.writeUInt16LE(extra.length, 24)
    const end = Buffer.alloc(14)
    end.writeUInt32LE(0o600 * 0x10000, 6)
    end.writeUInt32LE(offset, 10)
    const body = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), extra, content])
    directory.push(
      Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.of(20, 3), common, end, Buffer.from(name), extra])
    )
    bodies.push(body)
    offset += body.length
  }
  const entries = Buffer.concat(directory)
  const last = Buffer.alloc(22)
  last.write('PK\x05\x06', 'latin1')
  last.writeUInt16LE(files.length, 8)
  last.writeUInt16LE(files.length, 10)
  last.writeUInt32LE(entries.length, 12)
  last.writeUInt32LE(offset, 16)
  return Buffer.concat([...bodies, entries, last])
}
