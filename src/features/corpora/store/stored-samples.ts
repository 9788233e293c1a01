import { templateDefect } from '../../../science/template/check.js'
import type { Session } from '../../../platform/database/database.js'
import type { TemplateCipher } from '../../../platform/encryption/vault.js'
import type { OpenCorpus } from './open-corpus.js'

/** Names a template of a corpus. */
export interface SampleTemplate { readonly sample: string, readonly fingerprint: string }

/** @returns undefined for a row that does not open, or that is no template: a wrong length, NaN, infinity, or norm zero */
export function loadSample (cipher: TemplateCipher, { sample, fingerprint }: SampleTemplate, dimension: number, bytes: Uint8Array): Float32Array | undefined {
  try {
    const template = cipher.load(bytes, [fingerprint, sample])
    return templateDefect(template, { model: fingerprint, dimension }) === undefined ? template : undefined
  } catch {
    return undefined
  }
}

/** Rows of a corpus that have another length than their space says. */
export async function misfits (session: Session, { id, cipher }: OpenCorpus, fingerprints: readonly string[]): Promise<SampleTemplate[]> {
  const { rows } = await session.query<SampleTemplate>(
    `SELECT sample, fingerprint FROM sample_templates
     WHERE corpus_id = $1 AND fingerprint = ANY ($2::text[]) AND usable AND octet_length(vector) <> 4 * dimension + $3`, [id, fingerprints, cipher.overhead])
  return rows
}

/**
 * Marks rows that are no templates, in a transaction that has locked the corpus. They are looked at again: rows that are being sealed
 * anew open to nobody who has opened the corpus before.
 */
export async function markUnusable (session: Session, { id, cipher }: OpenCorpus, found: readonly SampleTemplate[]): Promise<void> {
  if (found.length === 0) return
  const names = [id, found.map(({ sample }) => sample), found.map(({ fingerprint }) => fingerprint)]
  const { rows } = await session.query<SampleTemplate & { dimension: number, vector: Buffer }>(
    `SELECT stored.sample, stored.fingerprint, dimension, vector
     FROM unnest($2::text[], $3::text[]) AS given (sample, fingerprint) JOIN sample_templates stored USING (sample, fingerprint) WHERE corpus_id = $1`, names)
  const unusable = rows.filter(({ dimension, vector, ...row }) => loadSample(cipher, row, dimension, vector) === undefined)
  await session.query(
    `UPDATE sample_templates stored SET usable = false FROM unnest($2::text[], $3::text[]) AS given (sample, fingerprint)
     WHERE corpus_id = $1 AND stored.sample = given.sample AND stored.fingerprint = given.fingerprint`,
    [id, unusable.map(({ sample }) => sample), unusable.map(({ fingerprint }) => fingerprint)])
}
