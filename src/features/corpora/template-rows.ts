import { Type, type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { Problem } from '../../errors.js'
import { type KnownSpace, vectorAt } from '../catalogue/index.js'
import type { TemplateRow } from './store/corpus-templates.js'
import { checkVector } from '../../science/template/check.js'
import { readVector } from '../../science/template/document.js'
import type { ByteReader } from '../../science/template/row-bytes.js'
import { readNpy } from '../../science/template/npy.js'
import { closed } from '../../platform/http/schemas/component.js'
import { closedVector, Label, VectorForms } from '../../platform/http/schemas/template.js'
import { readCsv } from '../../platform/http/bodies/csv.js'
import { parseJsonText } from '../../platform/http/bodies/json-text.js'
import { createLineProblems } from '../../platform/http/bodies/line-problems.js'
import { readTextLines } from '../../platform/http/bodies/text-lines.js'
import { createTurns } from '../../platform/turns.js'

/** What accompanies a template: in JSON, on a line of NDJSON or in a record of CSV. */
const names = {
  sample: Label('Name of the sample, an image. Templates of the same sample under two models are a pair.'),
  identity: Type.Optional(Label('The person.')),
  group: Type.Optional(Label('Group by which cards break down their figures, such as a demographic group or a site.'))
}
/** A template of a corpus in JSON, or on a line of NDJSON; the address names the model. */
export const TemplateRowDocument = Type.Object({
  ...names,
  verification: Type.Optional(
    Label(
      'For a sample from a running service: the `X-Request-Id` of the verification or search that matched it with its identity, which the audit has.'
    )
  ),
  ...VectorForms
}, closedVector)
export type TemplateRowDocument = Static<typeof TemplateRowDocument>

/** Maximum number of templates per upload. */
export const maxUploadRows = 100_000

const row = Compile(TemplateRowDocument)
const named = Compile(Type.Object(names, closed))

const csvHeaders = ['sample,identity', 'sample', 'sample,identity,group']

export function readRow (document: TemplateRowDocument, space: KnownSpace, where: string): TemplateRow {
  return {
    sample: document.sample,
    identity: document.identity ?? null,
    group: document.group ?? null,
    verification: document.verification ?? null,
    vector: readVector(document, space, where)
  }
}

/** Reads one JSON object per line and skips blank lines. @throws Problem naming the invalid lines */
export async function readNdjson (body: Pick<ByteReader, 'take'>, space: KnownSpace): Promise<TemplateRow[]> {
  const rows: TemplateRow[] = []
  const wrong = createLineProblems()
  for await (const { text, number } of wrong.until(readTextLines(body))) {
    const where = `line ${number}`
    if (rows.length === maxUploadRows) {
      throw new Problem(
        'body-invalid',
        `${where}: expected at most ${maxUploadRows} templates in one upload, received more`
      )
    }
    const read = wrong.read(number, () => readRowLine(text, space, where))
    if (read !== undefined && !wrong.any) rows.push(read)
  }
  wrong.assertNone()
  if (rows.length === 0) throw new Problem('body-invalid', 'body: expected a JSON object on each line, received none')
  return rows
}

function readRowLine (text: string, space: KnownSpace, where: string): TemplateRow {
  const document = parseJsonText(text, where)
  if (row.Check(document)) return readRow(document, space, where)
  const [error] = row.Errors(document)
  throw new Problem(
    'body-invalid',
    `${where}: expected an object with "sample", optionally "identity", "group" and "verification", and "vector" or "data", but ${
      error?.instancePath ?? ''
    } ${error?.message ?? 'it is not'}`
  )
}

/**
 * Reads an .npy file of shape (n, d), and a CSV file with the header `sample,identity,group`, `sample,identity` or
 * `sample` and one record per row.
 *
 * @throws Problem naming the line or the row
 */
export async function readNpyWithSamples (npy: Buffer, csv: Buffer, space: KnownSpace): Promise<TemplateRow[]> {
  const templates = readNpy(npy)
  if (templates.rows > maxUploadRows) {
    throw new Problem(
      'body-invalid',
      `.npy: expected at most ${maxUploadRows} templates in one upload, received ${templates.rows}`
    )
  }
  const samples = await readCsv(csv, 'samples', csvHeaders, (row, record) => {
    if (named.Check(row)) return row
    const [error] = named.Errors(row)
    throw new Problem(
      'body-invalid',
      `samples: record ${record}: expected names as in JSON, but ${error?.instancePath ?? ''} ${
        error?.message ?? 'it is not'
      }`
    )
  })
  if (samples.length !== templates.rows) {
    throw new Problem(
      'body-invalid',
      `samples: expected ${templates.rows} records, one for each row of the .npy file, received ${samples.length}`
    )
  }
  const turns = createTurns()
  const rows: TemplateRow[] = []
  for (const [i, { sample, identity = null, group = null }] of samples.entries()) {
    if (turns.over()) await turns.next()
    const vector = vectorAt(templates, i)
    checkVector(vector, space, `row ${i}`)
    rows.push({ sample, identity, group, vector })
  }
  return rows
}
