import assert from 'node:assert/strict'
import { createHash, sign } from 'node:crypto'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { tamper } from '../../../scripts/trust/bundles.js'
import { projectRoot } from '../../../src/config.js'
import { Problem } from '../../../src/errors.js'
import { readBundle, writeBundle, type BundledMap } from '../../../src/features/bundles/format.js'
import { generateSigningKey, parseSigningKey } from '../../../src/features/bundles/keys.js'
import { exampleMapId } from '../../../src/platform/http/documented-examples.js'
import { readProfiles } from '../../../src/features/guard/profile-files.js'
import { readMapFolder, type MapInFolder } from '../../../src/features/maps/map-files.js'

describe('bundles', () => {
  const key = parseSigningKey(generateSigningKey(), 'a new key')
  const trusted = new Map([[key.id, key.publicKey]])
  let maps: MapInFolder[]
  let example: MapInFolder
  let withProfiles: BundledMap
  before(async () => {
    maps = await readMapFolder(join(projectRoot, 'maps'))
    example = maps.find(({ id }) => id === exampleMapId)!
    const map = maps.find(({ source, target }) => source.model === 'dlib128' && target.model === 'r512')!
    const profileOf = async (model: string) =>
      (await readProfiles(join(projectRoot, 'maps'))).find(({ space }) => space.model === model)!.profile
    withProfiles = { ...map, profiles: { source: await profileOf('dlib128'), target: await profileOf('r512') } }
  })
  const refused = (bytes: Buffer, code: string, detail: RegExp, keys = trusted) => {
    assert.throws(
      () => readBundle(bytes, keys),
      (error: Error) => error instanceof Problem && error.code === code && detail.test(error.detail)
    )
  }
  const content = ({ id, source, target, corpusHash, numbers, comparison, card }: BundledMap) => ({
    id,
    source,
    target,
    corpusHash,
    numbers,
    comparison,
    card
  })
  /** Another manifest, signed with a key. */
  const resigned = (bundle: Buffer, change: (manifest: string) => string, signer = key) => {
    const length = bundle.readUInt32LE(40)
    const manifest = Buffer.from(change(bundle.toString('utf8', 44, 44 + length)))
    const head = Buffer.concat([bundle.subarray(0, 8), Buffer.from(signer.id, 'hex'), Buffer.alloc(4), manifest])
    head.writeUInt32LE(manifest.length, 40)
    return Buffer.concat([head, sign(null, head, signer.privateKey), bundle.subarray(44 + length + 64)])
  }

  test('a map survives the round trip, and its bundle is the same when written again', () => {
    assert.ok(
      maps.some(({ comparison }) => comparison !== undefined) && maps.some(({ comparison }) => comparison === undefined)
    )
    for (const map of maps) {
      const bytes = writeBundle(map, key)
      const read = readBundle(bytes, trusted)
      assert.equal(read.keyId, key.id)
      assert.deepEqual(content(read.map), content(map))
      assert.ok(writeBundle(read.map, key).equals(bytes))
    }
  })

  test('the profiles of its spaces survive the round trip, in a version that readers of bundles without refuse', () => {
    const { profiles } = withProfiles
    for (const given of [profiles!, { ...profiles!, source: undefined }, { ...profiles!, target: undefined }]) {
      const bytes = writeBundle({ ...withProfiles, profiles: given }, key)
      const read = readBundle(bytes, trusted).map
      assert.deepEqual({ ...content(read), profiles: read.profiles }, { ...content(withProfiles), profiles: given })
      assert.ok(writeBundle(read, key).equals(bytes))
      assert.equal(bytes[7], 2)
    }
    const none = writeBundle({ ...withProfiles, profiles: { source: undefined, target: undefined } }, key)
    assert.ok(none.equals(writeBundle({ ...withProfiles, profiles: undefined! }, key)))
    assert.deepEqual([none[7], 'profiles' in readBundle(none, trusted).map], [1, false])
    const bytes = writeBundle(withProfiles, key)
    refused(resigned(bytes, text => text.replace('"dimension":128', '"dimension":127')), 'bundle-invalid', /numbers/)
    refused(
      writeBundle({ ...withProfiles, profiles: { ...profiles!, source: profiles!.target } }, key),
      'bundle-invalid',
      /profile of the source: expected \d+ bytes/
    )
    assert.equal(tamper(bytes, trusted, 20_000).accepted, 0)
  })

  test('a flipped byte, a cut and a splice are refused, wherever they are', () => {
    const { tampered, accepted } = tamper(writeBundle(example, key), trusted, 4)
    assert.equal(accepted, 0)
    assert.ok(tampered > 10_000, `${tampered}`)
  })

  test('another key is refused, and another signature under a trusted id', () => {
    const bytes = writeBundle(example, key)
    const other = parseSigningKey(generateSigningKey(), 'another key')
    refused(
      bytes,
      'bundle-untrusted',
      new RegExp(`expected the signature of a trusted key \\(${other.id}\\), received that of ${key.id}`),
      new Map([[other.id, other.publicKey]])
    )
    refused(bytes, 'bundle-untrusted', /there is none/, new Map())
    const forged = writeBundle(example, other)
    Buffer.from(key.id, 'hex').copy(forged, 8)
    refused(forged, 'bundle-invalid', /signature/)
  })

  test('content signed by a trusted key is checked as well', () => {
    const bytes = writeBundle(example, key)
    const cases: [(manifest: string) => string, RegExp][] = [
      [text => text.slice(1), /manifest: .*JSON/],
      [text => text.replace('{"map"', '{"more":1,"map"'), /manifest: expected the form of this version/],
      [text => text.replace(/"dimension":4/, '"dimension":5'), /numbers: expected \d+ bytes of numbers/],
      [
        text => text.replace(/"numbers":\{"bytes":(\d+)/, (_, bytes) => `"numbers":{"bytes":${Number(bytes) + 4}`),
        /numbers: expected SHA-256/
      ],
      [text => text.replace(/"card":\{"bytes":(\d+)/, '"card":{"bytes":2000000000'), /card: expected 2000000000 bytes/],
      [
        text =>
          text.replace(
            /"card":\{"bytes":\d+,"sha256":"\w+"/,
            `"card":{"bytes":0,"sha256":"${createHash('sha256').digest('hex')}"`
          ),
        /card: expected|expected \d+ bytes, received/
      ]
    ]
    for (const [change, detail] of cases) refused(resigned(bytes, change), 'bundle-invalid', detail)
    readBundle(resigned(bytes, text => text), trusted)
    const tooLong = Buffer.from(bytes)
    tooLong.writeUInt32LE(0xffffffff, 40)
    refused(tooLong, 'bundle-invalid', /manifest of at most 16384 bytes/)
    refused(
      writeBundle({ ...example, numbers: { ...example.numbers, meanSource: Float32Array.of(NaN, 0, 0, 0) } }, key),
      'bundle-invalid',
      /finite/
    )
    refused(Buffer.alloc(0), 'bundle-invalid', /begins differently/)
  })
})
