import type { Database } from '../../../platform/database/database.js'
import type { Vault } from '../../../platform/encryption/vault.js'
import type { Attributes } from './enrolment.js'
import { openGallery } from './head.js'
import { compareSubjects } from './subject-rows.js'

/** A subject that has only translated templates of a model. */
interface TranslatedSubject {
  readonly subject: string
  readonly attributes: Attributes
  /** of its least uncertain template, from 0 to 1; null if unknown */
  readonly uncertainty: number | null
}

export interface Reenrolments {
  /** subjects that have only translated templates of the model */
  readonly total: number
  /** most uncertain first */
  readonly subjects: readonly TranslatedSubject[]
  /**
   * cumulative share of the total uncertainty: entry [k] is the share held by the most uncertain k + 1 hundredths of
   * the subjects
   */
  readonly shares: readonly number[]
}

/** Points on the curve. */
const curvePoints = 100

/**
 * Subjects of a shard that have only translated templates of the space $1. Templates of an open migration count too, so
 * that callers know whom to re-enrol before it is committed. A subject drops out once it has a native template of the
 * model.
 *
 * @param shard the parameter with its id, which every table is compared with: the planner takes a list for all tables
 */
const translatedSubjects = (shard: string): string => `
  SELECT t.subject_number, min(t.uncertainty) AS uncertainty
  FROM gallery_templates t JOIN gallery_migrations m ON m.gallery_id = t.gallery_id AND m.id = t.migration_id AND m.state <> 'rolled-back'
  WHERE t.gallery_id = ${shard} AND t.fingerprint = $1 AND NOT EXISTS (
      SELECT FROM gallery_templates own WHERE own.gallery_id = ${shard} AND own.subject_number = t.subject_number AND own.fingerprint = $1 AND own.migration_id IS NULL)
  GROUP BY t.subject_number`

/** Lists whom to re-enrol. */
export function createReenrolmentRepository (database: Database, vault: Vault) {
  return {
    /** @throws Problem `gallery-unknown` */
    async list (gallery: string, fingerprint: string, limit: number): Promise<Reenrolments> {
      const { shards } = await openGallery(database, vault, gallery)
      const ids = shards.map(({ id }) => id)
      const listed = await Promise.all(ids.map(async id => {
        const { rows } = await database.query<TranslatedSubject>(
          `SELECT s.subject, s.attributes, uncertainty FROM (${translatedSubjects('$2')}) translated
           JOIN gallery_subjects s ON s.gallery_id = $2 AND s.number = translated.subject_number
           ORDER BY uncertainty DESC NULLS LAST, s.subject LIMIT $3`,
          [fingerprint, id, limit]
        )
        return rows
      }))
      const ofShards = ids.map((_, place) =>
        `SELECT uncertainty FROM (${translatedSubjects(`$${place + 2}`)}) t${place}`
      )
      const { rows: hundredths } = await database.query<{ total: string, sum: number }>(
        `SELECT count(*) AS total, coalesce(sum(uncertainty), 0)::float8 AS sum
         FROM (SELECT uncertainty, ntile(${curvePoints}) OVER (ORDER BY uncertainty DESC NULLS LAST) AS part
               FROM (${ofShards.join(' UNION ALL ')}) translated) parted
         GROUP BY part ORDER BY part`,
        [fingerprint, ...ids]
      )
      return {
        total: hundredths.reduce((sum, { total }) => sum + Number(total), 0),
        subjects: listed.length === 1 ? listed[0]! : listed.flat().sort(mostUncertainFirst).slice(0, limit),
        shares: cumulative(hundredths.map(({ sum }) => sum))
      }
    }
  }
}

/** @returns cumulative shares of the total; empty if nothing is known */
function cumulative (sums: readonly number[]): number[] {
  const total = sums.reduce((sum, value) => sum + value, 0)
  if (total === 0) return []
  let sum = 0
  return sums.map(value => Math.min(1, (sum += value) / total))
}

function mostUncertainFirst (a: TranslatedSubject, b: TranslatedSubject): number {
  // Unknown ones come last.
  return (b.uncertainty ?? -1) - (a.uncertainty ?? -1) || compareSubjects(a.subject, b.subject)
}
