import { readFile, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus } from 'node:os'
import { figuresTable, type Section } from './section.js'

/** When and where figures are measured, without a full stop. */
export const measuredHere = (): string =>
  `Measured on ${new Date().toISOString().slice(0, 10)} on ${availableParallelism()} cores (${
    cpus()[0]?.model.trim() ?? 'unknown'
  }), Node ${process.version}`

/**
 * Puts what was measured between the markers of its section in a document; what stands around them stays. A section
 * that has no markers yet is added at the end.
 *
 * @param setting when and where it was measured, a sentence
 */
export async function writeSection (
  file: string,
  name: string,
  { title, markdown, figures }: Section,
  setting: string
): Promise<void> {
  const document = await readFile(file, 'utf8')
  const [begin, end] = [`<!-- bench ${name} -->`, `<!-- end of bench ${name} -->`]
  const content = [begin, ...figures.length === 0 ? [] : [figuresTable(figures)], markdown.trim(), setting, end].join(
    '\n\n'
  )
  const [from, to] = [document.indexOf(begin), document.indexOf(end)]
  const written = from >= 0 && to > from
    ? document.slice(0, from) + content + document.slice(to + end.length)
    : `${document.trimEnd()}\n\n## ${title}\n\n${content}\n`
  await writeFile(file, written)
}
