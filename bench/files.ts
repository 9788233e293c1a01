import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot } from '../src/config.js'
import { base64OfFloat32, bytesOfFloat32 } from '../src/science/template/float32.js'
import { rawProduct } from './peers.js'
import { runProgram } from './processes.js'
import { alternate, comparison, median } from './rounds.js'
import { amount, markdownTable, type MeasureOptions, type Section } from './section.js'
import { withFolder } from './service.js'
import { templatesOf } from './spaces.js'

const [from, to] = ['r512', 'faceres1024']
const [dSource, dTarget] = [512, 1024]
const rowCount = 500_000
const lineCount = 50_000
/** Rows that are written again and again. */
const blockRows = 1000

/** `crosswalk migrate` from file to file, start of the process included, beside the product alone. */
export async function measure (options: MeasureOptions): Promise<Section> {
  return await withFolder(async folder => {
    const rows = templatesOf(dSource, blockRows)
    const [raw, lines] = [join(folder, 'in.f32'), join(folder, 'in.ndjson')]
    await repeat(raw, bytesOfFloat32(rows), rowCount / blockRows)
    const line = (row: number) =>
      JSON.stringify({
        id: `person ${row}`,
        model: from,
        data: base64OfFloat32(rows.subarray(row * dSource, (row + 1) * dSource))
      })
    await repeat(
      lines,
      Buffer.from(Array.from({ length: blockRows }, (_, row) => `${line(row)}\n`).join('')),
      lineCount / blockRows
    )

    const migration = (input: string, output: string, count: number) => async () => {
      const began = performance.now()
      await runProgram(process.execPath, [
        join(projectRoot, 'dist', 'cli.js'),
        'migrate',
        '--from',
        from,
        '--to',
        to,
        '--in',
        input,
        '--out',
        join(folder, output),
        // Rows are invented: the guard looks at them, and the migration goes on.
        '--guard',
        'flag',
        '--force',
        '--quiet'
      ], { name: 'the migration', env: { MAPS_DIR: '', TRANSLATE_THREADS: '' } })
      return count / (performance.now() - began) * 1000
    }
    const rates = await alternate({
      rows: migration(raw, 'out.f32', rowCount),
      lines: migration(lines, 'out.ndjson', lineCount),
      product: async () => await rawProduct({ rows: blockRows, dSource, dTarget, seconds: 2 }, 1),
      disk: async () => await copyRate(join(folder, 'copy.f32'), rows.length / dSource * dTarget * 4)
    }, options)
    const { size } = await stat(raw)
    return {
      title: 'Migration of files',
      markdown:
        `\`crosswalk migrate\` from ${dSource} dimensions to ${dTarget}, with the start of the process, the guard, and everything on disk at the end: ${
          amount(rowCount)
        } rows of raw float32
(${amount(size / 1e9)} GB in, ${amount(rowCount * dTarget * 4 / 1e9)} GB out), and ${
          amount(lineCount)
        } lines of NDJSON with base64. One worker, as the product alone has one thread. The disk alone is given the
same bytes to write as the rows are in the output, and to have them on disk.

` + markdownTable(['what', 'templates/s'], [
          ['raw float32', amount(median(rates.rows))],
          ['NDJSON, base64', amount(median(rates.lines))],
          ['the product alone', amount(median(rates.product))],
          ['the disk alone', amount(median(rates.disk))]
        ]),
      figures: [
        ...comparison('raw float32, against the product alone', rates.rows, rates.product),
        ...comparison('raw float32, against the disk alone', rates.rows, rates.disk),
        ...comparison('NDJSON with base64, against the product alone', rates.lines, rates.product)
      ]
    }
  })
}

async function repeat (path: string, block: Buffer, times: number): Promise<void> {
  const file = await open(path, 'w')
  try {
    for (let k = 0; k < times; k++) await file.writeFile(block)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Rows a second that the disk takes, without anything else. @param blockBytes of `blockRows` translated rows */
async function copyRate (path: string, blockBytes: number): Promise<number> {
  const began = performance.now()
  await repeat(path, Buffer.alloc(blockBytes, 1), rowCount / blockRows)
  return rowCount / (performance.now() - began) * 1000
}
