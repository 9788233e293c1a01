import { extname } from 'node:path'
import { UsageError } from '../../platform/cli/command-line.js'

export const fileFormats = ['npy', 'raw', 'ndjson'] as const
/** How a file stores templates: NumPy's .npy, little-endian float32 row after row, or one JSON object per line. */
export type FileFormat = typeof fileFormats[number]

const endings: Readonly<Record<string, FileFormat>> = {
  '.npy': 'npy',
  '.f32': 'raw',
  '.raw': 'raw',
  '.bin': 'raw',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson'
}

/**
 * @param given by the caller; otherwise the extension of the name decides
 * @param option that sets it, for the error
 * @throws UsageError
 */
export function fileFormat (path: string, given: string | undefined, option: string): FileFormat {
  const format = given ?? endings[extname(path).toLowerCase()]
  const known = fileFormats.find(name => name === format)
  if (known !== undefined) return known
  throw new UsageError(
    given === undefined
      ? `${path}: expected a name ending in ${Object.keys(endings).join(', ')}, or ${option}`
      : `${option}: expected one of ${fileFormats.join(', ')}, received ${JSON.stringify(given)}`
  )
}
