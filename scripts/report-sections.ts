import { killAll } from '../bench/processes.js'
import { measuredHere, writeSection } from '../bench/report.js'
import { figuresTable, isMet, type Section } from '../bench/section.js'

/** How a report is made. */
interface ReportOptions {
  /** by name; each loads what it needs */
  readonly sections: Readonly<Record<string, () => Promise<Section>>>
  /** names, separated by commas; all unless given */
  readonly only: string | undefined
  /** the document that they are written into */
  readonly document: string
  /** whether they are printed alone */
  readonly print: boolean
}

/** What a section needs is not here; the message says what. */
export class SectionSkipped extends Error {}

/**
 * Measures sections one after the other, prints them, and writes them into a document. What they started ends with it.
 *
 * @throws RangeError for a name that no section has
 */
export async function reportSections ({ sections, only, document, print }: ReportOptions): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      killAll()
      process.exit(1)
    })
  }
  const names = only?.split(',') ?? Object.keys(sections)
  for (const name of names) {
    if (!(name in sections)) {
      throw new RangeError(
        `--only: expected any of ${Object.keys(sections).join(', ')}, received ${JSON.stringify(name)}`
      )
    }
  }
  for (const name of names) {
    const section = await sections[name]!().catch((error: unknown) => {
      if (!(error instanceof SectionSkipped)) throw error
      console.log(`${name}: skipped, ${error.message}`)
    })
    if (section === undefined) continue
    console.log(`\n## ${section.title}\n\n${figuresTable(section.figures)}\n\n${section.markdown}`)
    for (const figure of section.figures) if (isMet(figure) === false) console.log(`${name}: ${figure.name}: not met`)
    if (!print) await writeSection(document, name, section, `${measuredHere()}.`)
  }
}
