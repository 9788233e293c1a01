import { Problem } from '../../../errors.js'
import type { Session } from '../../../platform/database/database.js'
import type { Attributes } from './enrolment.js'

export interface SubjectRow {
  subject: string
  number: string
  attributes: Attributes
  created_at: Date
}

export async function findRow (session: Session, gallery: string, subject: string): Promise<SubjectRow | undefined> {
  const { rows: [row] } = await session.query<SubjectRow>(
    'SELECT subject, number, attributes, created_at FROM gallery_subjects WHERE gallery_id = $1 AND subject = $2',
    [gallery, subject]
  )
  return row
}

/** @throws Problem `subject-unknown` */
export async function requireRow (session: Session, gallery: string, subject: string): Promise<SubjectRow> {
  const row = await findRow(session, gallery, subject)
  if (row === undefined) throw new Problem('subject-unknown', `the gallery has no subject ${JSON.stringify(subject)}`)
  return row
}

/** The order of the database: that of code points. */
export const compareSubjects = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
