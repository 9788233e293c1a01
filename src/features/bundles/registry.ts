import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Type, type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { Problem, StartupError } from '../../errors.js'
import { closed, Sha256 } from '../../science/schemas.js'
import { type BundledMap, readBundle } from './format.js'
import type { TrustedKeys } from './keys.js'

/** The list of a registry: a folder, or a static site, of bundles. */
export const indexName = 'index.json'
const maxIndexBytes = 4 * 2 ** 20
/** Milliseconds that a site has for a whole answer. */
const patience = 120_000

const Space = Type.Object({
  model: Type.String(),
  fingerprint: Sha256,
  dimension: Type.Integer({ minimum: 1 })
}, closed)
const Entry = Type.Object({
  /** name of the bundle beside the list */
  file: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*\\.crosswalk$' }),
  bytes: Type.Integer({ minimum: 1, maximum: 2 ** 31 }),
  /** of the whole file */
  sha256: Sha256,
  id: Type.String({ pattern: '^[0-9a-f-]{36}$' }),
  source: Space,
  target: Space,
  method: Type.String(),
  verdict: Type.Union([Type.String(), Type.Null()])
}, closed)
const Index = Type.Object({ version: Type.Literal(1), maps: Type.Array(Entry) }, closed)
const indices = Compile(Index)

export type RegistryEntry = Static<typeof Entry>
export type RegistryIndex = Static<typeof Index>

export interface Registry {
  /** for people */
  readonly where: string
  readonly maps: readonly RegistryEntry[]
  /**
   * The map of an entry, whose bytes have the digest that the list states, and the signature of a trusted key.
   * @throws StartupError
   */
  fetch(entry: RegistryEntry, trusted: TrustedKeys): Promise<{ bytes: Buffer, map: BundledMap, keyId: string }>
}

/** @param where a folder, or the address of a site or of its list @throws StartupError saying what was expected */
export async function openRegistry (where: string): Promise<Registry> {
  const read = readerOf(where)
  const text = await read(indexName, maxIndexBytes)
  const index = parseIndex(text, where)
  return {
    where,
    maps: index.maps,
    async fetch (entry, trusted) {
      const bytes = await read(entry.file, entry.bytes)
      const digest = digestOf(bytes)
      if (digest !== entry.sha256) {
        throw new StartupError(
          `${entry.file}: expected SHA-256 ${entry.sha256}, as ${where} lists it, received ${digest}`
        )
      }
      const { map, keyId } = readNamed(entry.file, bytes, trusted)
      if (map.id !== entry.id) {
        throw new StartupError(`${entry.file}: expected map ${entry.id}, as ${where} lists it, received ${map.id}`)
      }
      return { bytes, map, keyId }
    }
  }
}

/** The list of the bundles of a folder, in the order of their names. @throws StartupError naming the bad file */
export async function indexFolder (folder: string, trusted: TrustedKeys): Promise<RegistryIndex> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    throw new StartupError(`expected a readable folder, received ${error.code} for ${folder}`, { cause: error })
  })
  const maps: RegistryEntry[] = []
  for (const file of names.filter(name => name.endsWith('.crosswalk')).sort()) {
    const bytes = await readFile(join(folder, file))
    const { map: { id, source, target, card } } = readNamed(file, bytes, trusted)
    maps.push({
      file,
      bytes: bytes.length,
      sha256: digestOf(bytes),
      id,
      source,
      target,
      method: card.method,
      verdict: card.verdict?.verdict ?? null
    })
  }
  const index = { version: 1 as const, maps }
  if (!indices.Check(index)) {
    throw new StartupError(`${folder}: expected names of bundles of letters, digits, ".", "_" and "-"`)
  }
  return index
}

function readNamed (file: string, bytes: Buffer, trusted: TrustedKeys): ReturnType<typeof readBundle> {
  try {
    return readBundle(bytes, trusted)
  } catch (error) {
    if (error instanceof Problem) throw new StartupError(`${file}: ${error.detail}`, { cause: error })
    throw error
  }
}

function parseIndex (bytes: Buffer, where: string): RegistryIndex {
  let index: unknown
  try {
    index = JSON.parse(bytes.toString('utf8'))
  } catch {}
  if (indices.Check(index)) return index
  throw new StartupError(
    `${where}: expected an ${indexName} as \`crosswalk map index\` writes it, version 1, found something else`
  )
}

/** Reads at most as many bytes of a file of the registry as are expected. */
type Read = (name: string, limit: number) => Promise<Buffer>

function readerOf (where: string): Read {
  if (!/^https?:\/\//.test(where)) {
    return async name =>
      await readFile(join(where, name)).catch((error: NodeJS.ErrnoException) => {
        throw new StartupError(`${where}: expected a folder with ${name}, received ${error.code}`, { cause: error })
      })
  }
  if (!URL.canParse(where)) throw new StartupError(`expected an address or a folder, received ${where}`)
  const base = new URL(where)
  base.pathname = base.pathname.endsWith(`/${indexName}`) ? base.pathname : `${base.pathname.replace(/\/*$/, '')}/`
  return async (name, limit) => await download(new URL(name, base), limit)
}

async function download (address: URL, limit: number): Promise<Buffer> {
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(patience) })
    if (!response.ok) throw new StartupError(`${address.href}: expected a file, received HTTP ${response.status}`)
    const chunks: Uint8Array[] = []
    let received = 0
    for await (const chunk of response.body ?? []) {
      received += chunk.length
      if (received > limit) throw new StartupError(`${address.href}: expected at most ${limit} bytes, received more`)
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  } catch (error) {
    if (error instanceof StartupError) throw error
    const { cause, message } = error as Error
    throw new StartupError(`${address.href}: ${cause instanceof Error ? cause.message : message}`, { cause: error })
  }
}

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
