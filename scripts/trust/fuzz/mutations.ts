import fc from 'fast-check'

/** Wrong values that people and programs send. */
export const hostileTexts = [
  '',
  ' ',
  '\t\r\n',
  '\0',
  'a\0b',
  '\ud800',
  '\u202e',
  'é'.repeat(300),
  'x'.repeat(5000),
  '__proto__',
  'constructor',
  'toString',
  'null',
  'undefined',
  'NaN',
  'true',
  "'; DROP TABLE maps; --",
  "' OR '1'='1",
  '../../etc/passwd',
  '..\\..\\windows',
  '/etc/passwd',
  '%2e%2e%2f',
  '%00',
  'file:///etc/passwd',
  'http://127.0.0.1/',
  '{{7*7}}',
  '<script>alert(1)</script>',
  '-1',
  '0',
  '1e999',
  '9007199254740993',
  '0x10',
  '1,2',
  '00000000-0000-0000-0000-000000000000',
  '2024-02-31T00:00:00Z'
] as const

const hostileValues: readonly unknown[] = [
  ...hostileTexts,
  null,
  true,
  false,
  0,
  -0,
  -1,
  1.5,
  2 ** 31,
  2 ** 53,
  -(2 ** 53),
  1e308,
  5e-324,
  1e-45,
  [],
  {},
  [[]],
  [null],
  { length: 1e9 },
  { vector: [] },
  Array.from({ length: 5000 }, () => 0),
  nested(2000)
]

function nested (depth: number): unknown {
  let value: unknown = 0
  for (let level = 0; level < depth; level++) value = [value]
  return value
}

/**
 * JSON documents that are nearly those given: members replaced, deleted, renamed, repeated; sometimes the text is
 * damaged too.
 */
export function damagedJson (documents: fc.Arbitrary<unknown>): fc.Arbitrary<Buffer> {
  const change = fc.record({
    where: fc.nat(),
    how: fc.constantFrom('replace', 'replace', 'delete', 'rename', 'repeat'),
    value: fc.constantFrom(...hostileValues)
  })
  return fc.tuple(
    documents,
    fc.array(change, { maxLength: 3 }),
    fc.option(fc.record({ where: fc.double({ min: 0, max: 1, noNaN: true }), what: fc.constantFrom(...textDamages) }), {
      freq: 4
    })
  )
    .map(([document, changes, damage]) => {
      let root = structuredClone(document)
      // The next change may be one inside of the value.
      for (const { where, how, value } of changes) root = changed(root, where, how, structuredClone(value))
      const text = JSON.stringify(root)
      return damage === null ? Buffer.from(text) : damage.what(text, Math.floor(damage.where * text.length))
    })
}

type Place = [holder: Record<string, unknown> | unknown[], key: string]

function changed (root: unknown, where: number, how: string, value: unknown): unknown {
  const places: Place[] = []
  collect(root)
  const place = places[where % (places.length + 1)]
  if (place === undefined) return value
  const [holder, key] = place
  if (how === 'replace') Reflect.set(holder, key, value)
  else if (Array.isArray(holder)) {
    if (how === 'delete') holder.splice(Number(key), 1)
    else holder.push(holder[Number(key)])
  } else {
    if (how === 'repeat') holder[`${key}2`] = holder[key]
    if (how === 'rename') define(holder, typeof value === 'string' ? value : `${key}x`, holder[key])
    if (how !== 'repeat') Reflect.deleteProperty(holder, key)
  }
  return root

  function collect (node: unknown): void {
    // Not every one of 512 numbers: the other members would hardly be met.
    if (Array.isArray(node)) {
      node.slice(0, 4).forEach((item, index) => {
        places.push([node, String(index)])
        collect(item)
      })
    } else if (typeof node === 'object' && node !== null) {
      const holder = node as Record<string, unknown>
      for (const key of Object.keys(holder)) {
        places.push([holder, key])
        collect(holder[key])
      }
    }
  }
}

/** A member of its own even where the name is `__proto__`. */
function define (holder: object, name: string, value: unknown): void {
  Object.defineProperty(holder, name, { value, enumerable: true, configurable: true, writable: true })
}

const insert = (what: string | Buffer) => (text: string, at: number) =>
  Buffer.concat([Buffer.from(text.slice(0, at)), Buffer.from(what), Buffer.from(text.slice(at))])

/** What no serialiser writes. */
const textDamages: readonly ((text: string, at: number) => Buffer)[] = [
  (text, at) => Buffer.from(text.slice(0, at)),
  text => Buffer.from(text + text),
  text => Buffer.from(text, 'utf16le'),
  text => insert('\ufeff')(text, 0),
  text => Buffer.from(text.replace(/\{"(\w+)":/, '{"$1":1,"$1":')),
  text => Buffer.from(text.replace(/-?\d+(\.\d+)?/, 'NaN')),
  text => Buffer.from(text.replace(/-?\d+(\.\d+)?/, '1e999')),
  text => Buffer.from(text.replace(/-?\d+(\.\d+)?/, `0.${'1'.repeat(3000)}`)),
  () => Buffer.from('['.repeat(100_000)),
  () => Buffer.from('{"a":'.repeat(20_000)),
  insert(','),
  insert('"'),
  insert('\\u0000'),
  insert('\\ud800'),
  insert('/* */'),
  insert(Buffer.of(0xff, 0xfe)),
  insert(Buffer.of(0xc0, 0x80)),
  insert('}')
]

/** Bytes that are nearly those given: bits flipped, cut, spliced, lengths in the head replaced. */
export function damagedBytes (files: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  const position = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })
  const change = fc.oneof(
    fc.record({ how: fc.constant('flip' as const), at: position, byte: fc.integer({ min: 1, max: 255 }) }),
    fc.record({ how: fc.constant('flip in the head' as const), at: position, byte: fc.integer({ min: 1, max: 255 }) }),
    fc.record({
      how: fc.constant('number in the head' as const),
      at: position,
      byte: fc.constantFrom(0, 1, 0x7f, 0x80, 0xff)
    }),
    fc.record({ how: fc.constant('cut' as const), at: position, byte: fc.constant(0) }),
    fc.record({ how: fc.constant('splice' as const), at: position, byte: fc.nat(255) }),
    fc.record({ how: fc.constant('append' as const), at: position, byte: fc.nat(255) })
  )
  return fc.tuple(files, fc.array(change, { minLength: 0, maxLength: 6 })).map(([file, changes]) => {
    let bytes = Buffer.from(file)
    for (const { how, at, byte } of changes) {
      const head = Math.min(bytes.length, 128)
      const [where, inHead] = [Math.floor(at * bytes.length), Math.floor(at * head)]
      if (bytes.length === 0) continue
      if (how === 'flip') bytes[where]! ^= byte
      else if (how === 'flip in the head') bytes[inHead]! ^= byte
      else if (how === 'number in the head') bytes.fill(byte, inHead, Math.min(inHead + 4, bytes.length))
      else if (how === 'cut') bytes = bytes.subarray(0, where)
      else if (how === 'splice') {
        bytes = Buffer.concat([
          bytes.subarray(0, where),
          bytes.subarray(where >> 1, (where >> 1) + byte),
          bytes.subarray(where)
        ])
      } else bytes = Buffer.concat([bytes, Buffer.alloc(1 + 64 * byte, byte)])
    }
    return bytes
  })
}
