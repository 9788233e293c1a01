import { createHash, randomUUID } from 'node:crypto'
import { Problem } from '../../../errors.js'
import type { OpenCorpus } from './open-corpus.js'
import { readJoin, type CorpusJoin } from './corpus-join.js'
import { readPairs, type CorpusPairs } from './corpus-pairs.js'
import { readSide, type CorpusSide } from './corpus-sides.js'
import { addTemplates, type TemplateBatch } from './corpus-templates.js'
import type { Database, Session } from '../../../platform/database/database.js'
import { createVault, type SealedDataKey } from '../../../platform/encryption/vault.js'
import { assertSameRequest, type IdempotentRequest } from '../../../platform/database/idempotency.js'
import { isUuid, pageOf, positionAfter, type Page, type PageRequest } from '../../../platform/database/page.js'
import { entityTag, requirePreconditions, unconditional, type Preconditions } from '../../../platform/preconditions.js'

export interface StoredCorpus {
  id: string
  name: string
  /** What a pair is: two templates of one image, or of one person in two images. */
  pairing: 'image' | 'identity'
  createdAt: string
}

export interface CorpusContents extends StoredCorpus {
  samples: number
  /** Distinct identity labels. */
  identities: number
  /** Samples whose label rests on a verification. */
  fromVerification: number
  /** The number of samples with a template, by space. */
  templates: Array<{ model: string, fingerprint: string, count: number }>
  /** Changes whenever the corpus or its templates change. */
  etag: string
}

/** What a removal deleted. */
export interface RemovedSamples {
  samples: number
  templates: number
}

interface CorpusRow {
  id: string
  name: string
  pairing: StoredCorpus['pairing']
  created_at: Date
  request_sha256: string
}
interface SealedRow {
  key_id: string | null
  data_key: Buffer | null
}

/** Maximum number of samples removed by one statement. */
const samplesPerDelete = 20_000

/**
 * Training data: samples with templates under one or more models.
 *
 * @param vault encrypts their templates; by default they are not encrypted
 */
export function createCorpusRepository (database: Database, vault = createVault([])) {
  function unknown (id: string): Problem {
    return new Problem('corpus-unknown', `no corpus has the id ${JSON.stringify(id)}`)
  }

  /**
   * Changes a corpus that meets the preconditions; changes are serialised. @throws Problem `corpus-unknown`,
   * `precondition-failed`
   */
  async function change<T> (
    id: string,
    preconditions: Preconditions,
    work: (session: Session, corpus: OpenCorpus) => Promise<T>
  ): Promise<T> {
    return await database.transaction(async session => {
      const corpus = await open(session, id, 'FOR NO KEY UPDATE')
      await requirePreconditions(preconditions, async () => (await readContents(session, corpus)).etag)
      const result = await work(session, corpus)
      await session.query('UPDATE corpora SET revision = revision + 1 WHERE id = $1', [id])
      return result
    })
  }

  /** Reads in one snapshot. @throws Problem `corpus-unknown` */
  async function inSnapshot<T> (id: string, work: (session: Session, corpus: OpenCorpus) => Promise<T>): Promise<T> {
    return await database.transaction(async session => await work(session, await open(session, id)), { snapshot: true })
  }

  async function open (session: Session, id: string, lock = ''): Promise<OpenCorpus> {
    const { rows: [row] } = isUuid(id)
      ? await session.query<SealedRow>(`SELECT key_id, data_key FROM corpora WHERE id = $1 ${lock}`, [id])
      : { rows: [] }
    if (row === undefined) throw unknown(id)
    // Opened only to read or write templates: a corpus can be deleted without its key.
    return {
      id,
      encrypted: row.key_id !== null,
      get cipher () {
        return vault.cipherOf(id, row.key_id === null ? null : { keyId: row.key_id, dataKey: row.data_key! })
      },
      unopened (rows) {
        vault.unopened.note({
          kind: 'corpus',
          container: id,
          rows: rows.map(({ fingerprint, sample }) => ({ key: JSON.stringify([fingerprint, sample]), fingerprint }))
        })
      }
    }
  }

  const sealedColumns = (sealed: SealedDataKey | null) => [sealed?.keyId ?? null, sealed?.dataKey ?? null]

  return {
    /**
     * @returns the corpus, and whether this call created it: a repetition with the same idempotency key returns the
     *   first
     * @throws Problem `idempotency-conflict`
     */
    async create (
      corpus: { name: string, pairing?: StoredCorpus['pairing'] } & IdempotentRequest
    ): Promise<{ corpus: StoredCorpus, created: boolean }> {
      const id = randomUUID()
      // The update changes nothing. It makes the statement return the row of an earlier call, even of a concurrent one.
      const { rows: [row] } = await database.query<CorpusRow>(
        `INSERT INTO corpora (id, name, pairing, idempotency_key, request_sha256, key_id, data_key) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (idempotency_key) DO UPDATE SET idempotency_key = excluded.idempotency_key
         RETURNING id, name, pairing, created_at, request_sha256`,
        [
          id,
          corpus.name,
          corpus.pairing ?? 'image',
          corpus.idempotencyKey ?? null,
          corpus.requestSha256,
          ...sealedColumns(vault.createDataKey(id))
        ]
      )
      if (row === undefined) throw new Error('The corpus was neither created nor found')
      assertSameRequest(row.request_sha256, corpus)
      return { corpus: corpusOf(row), created: row.id === id }
    },

    /** @throws Problem `request-invalid` when the cursor does not belong to this list */
    async list ({ limit, after }: PageRequest): Promise<Page<StoredCorpus>> {
      const position = positionAfter(after)
      const { rows } = await database.query<CorpusRow>(
        `SELECT id, name, pairing, created_at FROM corpora
         WHERE (created_at, id) > ($2::timestamptz, $3::uuid)
         ORDER BY created_at, id LIMIT $1`,
        [limit + 1, position.createdAt, position.id]
      )
      return pageOf(rows.map(corpusOf), limit)
    },

    /** Reads in one snapshot. @throws Problem `corpus-unknown` */
    async get (id: string): Promise<CorpusContents> {
      return await inSnapshot(id, readContents)
    },

    /** Creates the corpus of an id known beforehand, unless it exists. */
    async createWithId (id: string, name: string): Promise<void> {
      await database.query(
        'INSERT INTO corpora (id, name, request_sha256, key_id, data_key) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING',
        [id, name, createHash('sha256').update(id).digest('hex'), ...sealedColumns(vault.createDataKey(id))]
      )
    },

    /**
     * Adds templates, one batch per space: all of them or, when one is refused, none. A template that is already stored
     * with the same bytes is left alone, so that an upload can be repeated. Uploads into one corpus are serialised.
     * @throws Problem `corpus-unknown`; `precondition-failed`; `model-unknown`; `template-invalid` for a vector of
     *   another length; `template-exists` when a sample has another template or another identity, naming it
     */
    async addTemplates (
      id: string,
      batches: readonly TemplateBatch[],
      preconditions: Preconditions = unconditional
    ): Promise<{ added: number, unchanged: number }> {
      return await change(id, preconditions, async (session, corpus) => {
        const counts = { added: 0, unchanged: 0 }
        for (const { fingerprint, rows } of batches) {
          const { added, unchanged } = await addTemplates(session, corpus, fingerprint, rows)
          counts.added += added
          counts.unchanged += unchanged
        }
        return counts
      })
    },

    /**
     * The samples that have a template of both spaces, in one snapshot.
     * @throws Problem `corpus-unknown`, `model-unknown`
     */
    async pairs (id: string, sourceFingerprint: string, targetFingerprint: string): Promise<CorpusPairs> {
      return await inSnapshot(id, (session, corpus) => readPairs(session, corpus, sourceFingerprint, targetFingerprint))
    },

    /** @throws Problem `corpus-unknown` */
    async pairingOf (id: string): Promise<StoredCorpus['pairing']> {
      return await inSnapshot(id, session => readPairing(session, id))
    },

    /**
     * The number of people that have a pair of both spaces, as the corpus pairs them.
     * @throws Problem `corpus-unknown`
     */
    async pairedPeople (id: string, sourceFingerprint: string, targetFingerprint: string): Promise<number> {
      return await inSnapshot(id, async session => {
        const pairing = await readPairing(session, id)
        const { rows: [counted] } = await session.query<{ people: number }>(
          pairing === 'image'
            ? `SELECT count(DISTINCT coalesce('label ' || identity, 'sample ' || sample))::integer AS people
               FROM samples
               JOIN sample_templates source USING (corpus_id, sample)
               JOIN sample_templates target USING (corpus_id, sample)
               WHERE corpus_id = $1 AND source.fingerprint = $2 AND target.fingerprint = $3`
            : `SELECT count(*)::integer AS people FROM (
                 SELECT identity FROM samples JOIN sample_templates USING (corpus_id, sample)
                 WHERE corpus_id = $1 AND fingerprint = $2 AND identity IS NOT NULL
                 INTERSECT
                 SELECT identity FROM samples JOIN sample_templates USING (corpus_id, sample)
                 WHERE corpus_id = $1 AND fingerprint = $3) both_sides`,
          [id, sourceFingerprint, targetFingerprint]
        )
        return counted!.people
      })
    },

    /**
     * All templates of either space, whether or not their samples have one of the other, in one snapshot.
     * @throws Problem `corpus-unknown`, `model-unknown`
     */
    async sides (
      id: string,
      sourceFingerprint: string,
      targetFingerprint: string
    ): Promise<{ source: CorpusSide, target: CorpusSide }> {
      return await inSnapshot(id, async (session, corpus) => ({
        source: await readSide(session, corpus, sourceFingerprint),
        target: await readSide(session, corpus, targetFingerprint)
      }))
    },

    /**
     * The samples that have a template of every one of these spaces, in one snapshot.
     * @throws Problem `corpus-unknown`, `model-unknown`
     */
    async join (id: string, fingerprints: readonly string[]): Promise<CorpusJoin> {
      return await inSnapshot(id, (session, corpus) => readJoin(session, corpus, fingerprints))
    },

    /**
     * Removes the corpus with its samples and templates; maps that were fitted on it stay.
     * @throws Problem `corpus-unknown`, `precondition-failed`
     */
    async remove (id: string, preconditions: Preconditions = unconditional): Promise<RemovedSamples> {
      return await change(id, preconditions, async session => {
        const { rows: [removed] } = await session.query<RemovedSamples>(
          `SELECT (SELECT count(*)::integer FROM samples WHERE corpus_id = $1) AS samples,
             (SELECT count(*)::integer FROM sample_templates WHERE corpus_id = $1) AS templates`,
          [id]
        )
        // In parts, so that no statement times out; all in one transaction.
        const part =
          `DELETE FROM samples WHERE corpus_id = $1 AND sample IN (SELECT sample FROM samples WHERE corpus_id = $1 LIMIT ${samplesPerDelete})`
        while ((await session.query(part, [id])).rowCount > 0);
        await session.query('DELETE FROM corpora WHERE id = $1', [id])
        return removed!
      })
    },

    /**
     * Removes the samples of one identity with their templates, all of them or none.
     * @throws Problem `corpus-unknown`, `precondition-failed`
     */
    async removeIdentity (
      id: string,
      identity: string,
      preconditions: Preconditions = unconditional
    ): Promise<RemovedSamples> {
      return await change(id, preconditions, async session => {
        const { rows: [counted] } = await session.query<{ templates: number }>(
          `SELECT count(*)::integer AS templates FROM sample_templates JOIN samples USING (corpus_id, sample)
           WHERE corpus_id = $1 AND identity = $2`,
          [id, identity]
        )
        const { rowCount } = await session.query('DELETE FROM samples WHERE corpus_id = $1 AND identity = $2', [
          id,
          identity
        ])
        return { samples: rowCount, templates: counted!.templates }
      })
    }
  }
}

/** Within a transaction that opened the corpus. */
async function readPairing (session: Session, id: string): Promise<StoredCorpus['pairing']> {
  const { rows: [row] } = await session.query<Pick<CorpusRow, 'pairing'>>('SELECT pairing FROM corpora WHERE id = $1', [
    id
  ])
  return row!.pairing
}

/** The contents of a corpus, read in the transaction that opened it. */
async function readContents (session: Session, { id }: OpenCorpus): Promise<CorpusContents> {
  const { rows: [row] } = await session.query<CorpusRow & { revision: string }>(
    'SELECT id, name, pairing, created_at, revision FROM corpora WHERE id = $1',
    [id]
  )
  const { rows: [counts] } = await session.query<
    Pick<CorpusContents, 'samples' | 'identities' | 'fromVerification'>
  >(
    `SELECT count(*)::integer AS samples, count(DISTINCT identity)::integer AS identities,
       count(verification)::integer AS "fromVerification"
     FROM samples WHERE corpus_id = $1`,
    [id]
  )
  const { rows: templates } = await session.query<CorpusContents['templates'][number]>(
    `SELECT models.id AS model, fingerprint, counted.count
     FROM (SELECT fingerprint, count(*)::integer FROM sample_templates WHERE corpus_id = $1 GROUP BY fingerprint) counted
     JOIN models USING (fingerprint)
     ORDER BY models.id, models.created_at, fingerprint`,
    [id]
  )
  const contents = { ...corpusOf(row!), ...counts!, templates }
  // Includes the revision: when one sample replaces another, the numbers stay the same.
  return { ...contents, etag: entityTag(contents, row!.revision) }
}

function corpusOf (row: CorpusRow): StoredCorpus {
  return { id: row.id, name: row.name, pairing: row.pairing, createdAt: row.created_at.toISOString() }
}
