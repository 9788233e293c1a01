import { Type, type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { Problem } from '../../errors.js'
import type { KnownSpace } from '../catalogue/catalogue.js'
import type { TemplateRow } from './store/corpus-templates.js'
import { checkVector } from '../../science/template/check.js'
import { readVector } from '../../science/template/document.js'
import { readNpy } from '../../science/template/npy.js'
import { closed } from '../../platform/http/schemas/component.js'
import { Label, VectorForms } from '../../platform/http/schemas/template.js'
import { vectorAt } from '../catalogue/documents/template-batch.js'
import { createLineProblems } from '../../platform/http/bodies/line-problems.js'
import { decodeUtf8, parseJsonLine, splitLines } from '../../platform/http/bodies/text-lines.js'

/** A template of a corpus in JSON, or on a line of NDJSON; the model is named in the address. */
export const TemplateRowDocument = Type.Object({
  sample: Label('Name of the image; templates of the same sample under two models are a pair.'),
  identity: Type.Optional(Label('The person.')),
  group: Type.Optional(Label('What cards break their figures down by, such as a demographic group or a site.')),
  ...VectorForms
}, closed)
export type TemplateRowDocument = Static<typeof TemplateRowDocument>

/** Templates of one upload. */
export const mostRows = 100_000

const row = Compile(TemplateRowDocument)

const csvHeaders = ['sample,identity', 'sample', 'sample,identity,group']

export function readRow (document: TemplateRowDocument, space: KnownSpace, where: string): TemplateRow {
  return { sample: document.sample, identity: document.identity ?? null, group: document.group ?? null, vector: readVector(document, space, where) }
}

/** One JSON object a line; empty lines are skipped. @throws Problem naming the lines */
export function readNdjson (body: Buffer, space: KnownSpace): TemplateRow[] {
  const rows: TemplateRow[] = []
  const wrong = createLineProblems()
  decodeUtf8(body, 'body').split('\n').forEach((text, i) => {
    if (text.trim() === '') return
    const where = `line ${i + 1}`
    if (rows.length === mostRows) throw new Problem('body-invalid', `${where}: expected at most ${mostRows} templates in one upload, received more`)
    const read = wrong.read(i + 1, () => readRowLine(text, space, where))
    if (read !== undefined) rows.push(read)
  })
  wrong.assertNone()
  if (rows.length === 0) throw new Problem('body-invalid', 'body: expected a JSON object on each line, received none')
  return rows
}

function readRowLine (text: string, space: KnownSpace, where: string): TemplateRow {
  const document = parseJsonLine(text, where)
  if (row.Check(document)) return readRow(document, space, where)
  const [error] = row.Errors(document)
  throw new Problem('body-invalid', `${where}: expected an object with "sample", optionally "identity" and "group", and "vector" or "data", but ${error?.instancePath ?? ''} ${error?.message ?? 'it is not'}`)
}

/**
 * An .npy file of shape (n, d), and a CSV file with the header `sample,identity,group`, `sample,identity` or `sample` and a
 * line for each row.
 *
 * @throws Problem naming the line or the row
 */
export function readNpyWithSamples (npy: Buffer, csv: Buffer, space: KnownSpace): TemplateRow[] {
  const templates = readNpy(npy)
  const [header, ...lines] = splitLines(csv, 'samples')
  if (header === undefined || !csvHeaders.includes(header)) {
    throw new Problem('body-invalid', `samples: expected the header ${csvHeaders.map(known => `"${known}"`).join(' or ')}, received ${JSON.stringify((header ?? '').slice(0, 80))}`)
  }
  if (templates.rows > mostRows) throw new Problem('body-invalid', `.npy: expected at most ${mostRows} templates in one upload, received ${templates.rows}`)
  if (lines.length !== templates.rows) {
    throw new Problem('body-invalid', `samples: expected ${templates.rows} lines, one for each row of the .npy file, received ${lines.length}`)
  }
  return lines.map((line, i) => {
    const [sample = '', identity = '', group = '', ...rest] = line.split(',')
    if (sample === '' || [sample, identity, group].some(value => value.length > 200) || rest.length > 0 || line.includes('"')) {
      throw new Problem('body-invalid', `samples: line ${i + 2}: expected "${header}" without quotes, each of 200 characters at most, received ${JSON.stringify(line.slice(0, 80))}`)
    }
    const vector = vectorAt(templates, i)
    checkVector(vector, space, `row ${i}`)
    return { sample, identity: identity === '' ? null : identity, group: group === '' ? null : group, vector }
  })
}
