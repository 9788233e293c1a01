import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { StartupError } from '../../errors.js'
import { UsageError } from './exit-codes.js'
import type { ServiceClient } from './service-client.js'

export { UsageError }

/**
 * Reads arguments.
 *
 * @param positionals names of those that the command expects
 * @param optional names of those that may follow
 * @throws UsageError with what was expected, and how the command is used
 */
export function readArguments<Config extends NonNullable<ParseArgsConfig['options']>> (
  { command, usage, args, options, positionals = [], optional = [] }: {
    readonly command: string
    readonly usage: string
    readonly args: string[]
    readonly options: Config
    readonly positionals?: readonly string[]
    readonly optional?: readonly string[]
  }
) {
  const parse = () => parseArgs({ args, options, allowPositionals: true, strict: true })
  let parsed: ReturnType<typeof parse>
  try {
    parsed = parse()
  } catch (error) {
    throw new UsageError(`${command}: ${meaning(error as Error, Object.keys(options))}\n\n${usage}`, { cause: error })
  }
  const { length } = parsed.positionals
  if (length < positionals.length || length > positionals.length + optional.length) {
    const named = [...positionals, ...optional.map(name => `perhaps ${name}`)]
    const expected = named.length === 0 ? 'no arguments but options' : named.join(' and ')
    throw new UsageError(`${command}: expected ${expected}, received ${length}\n\n${usage}`)
  }
  return parsed
}

/** What Node says of the arguments, or the known option that an unknown one is near to. */
function meaning (error: Error, known: readonly string[]): string {
  const given = /Unknown option '--([^'=]+)/.exec(error.message)?.[1]
  const meant = given === undefined ? undefined : nearest(given, known)
  return meant === undefined ? error.message : `unknown option --${given}: did you mean --${meant}?`
}

/** One of the values that an option knows. @throws UsageError */
export function oneOf<T extends string> (known: readonly T[], given: string, option: string): T {
  const found = known.find(value => value === given)
  if (found !== undefined) return found
  const meant = nearest(given, known)
  throw new UsageError(
    `${option}: expected one of ${known.join(', ')}, received ${JSON.stringify(given)}${
      meant === undefined ? '' : `: did you mean ${meant}?`
    }`
  )
}

/** All items of a list that a service answers by pages. */
export async function* itemsOf<Name extends string, Item> (
  client: ServiceClient,
  path: string,
  name: Name
): AsyncGenerator<Item, void> {
  for (let after: string | null = ''; after !== null;) {
    const page: Record<Name, Item[]> & { next: string | null } = await client.call(
      'GET',
      `${path}${path.includes('?') ? '&' : '?'}limit=100${after === '' ? '' : `&after=${encodeURIComponent(after)}`}`
    )
    yield* page[name]
    after = page.next
  }
}

/** Prints a line of data on standard output. */
export function say (text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Writes to a file, or to standard output where it is `-`. Files are private to their user. */
export async function writeOutput (path: string, bytes: Uint8Array, force: boolean): Promise<void> {
  if (path === '-') {
    await new Promise<void>((resolve, reject) => {
      process.stdout.write(bytes, error => error == null ? resolve() : reject(error))
    })
    return
  }
  await writeFile(path, bytes, { mode: 0o600, flag: force ? 'w' : 'wx' }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw new StartupError(`expected a new file, found ${path}: replace it with --force`)
  })
}

/**
 * Looks at the folder that files will be written to: before work of minutes, not after it.
 * @throws StartupError when it is not there, or has one of the files and `force` is not given
 */
export async function assertWritable (folder: string, names: readonly string[], force: boolean): Promise<void> {
  const found = await readdir(folder).catch((error: unknown) => {
    throw new StartupError(`--out: expected a folder, ${(error as Error).message}`, { cause: error })
  })
  const taken = names.find(name => found.includes(name))
  if (taken !== undefined && !force) {
    throw new StartupError(`expected a new file, found ${join(folder, taken)}: replace it with --force`)
  }
}

/** Columns of text, as wide as their widest cell. */
export function table (rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  return rows.map(row => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd()).join('\n')
}

/** Fewer letters begin too many words. */
const shortestBeginning = 3

/** The known word that is nearest to a mistyped or unfinished one; undefined when none is near. */
export function nearest (word: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map(name => ({ name, distance: editDistance(word, name) }))
    .filter(({ name, distance }) =>
      distance <= Math.max(1, Math.floor(Math.min(name.length, word.length) / 3)) ||
      (word.length >= shortestBeginning && name.startsWith(word))
    )
    .sort((a, b) => a.distance - b.distance)
  return best?.name
}

/** Insertions, deletions, replacements and swaps of neighbours that make one word of another. */
function editDistance (a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = rows[i - 1]![j - 1]! + Number(a[i - 1] !== b[j - 1])
      row[j] = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, replaced)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        row[j] = Math.min(row[j]!, rows[i - 2]![j - 2]! + 1)
      }
    }
    rows.push(row)
  }
  return rows[a.length]![b.length]!
}
