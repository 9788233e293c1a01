import { createHash, randomUUID } from 'node:crypto'
import { Problem } from '../../errors.js'
import type { AnalysisName } from '../../science/cards/model-analyses.js'
import type { EvaluationMethod, ModelEvaluation } from '../../science/cards/model-evaluation.js'
import type { Database, Session } from '../../platform/database/database.js'
import { assertSameRequest, type IdempotentRequest } from '../../platform/database/idempotency.js'
import { isUuid, pageOf, positionAfter, type Page, type PageRequest } from '../../platform/database/page.js'

/** The request with every default filled in. */
interface EvaluationRequestRecord {
  corpus: string
  testCorpus: string | null
  models: string[]
  method: EvaluationMethod
  fmr: number
  seed: number
  heldOutFraction: number
  /** Absent from evaluations that were made before there were any. */
  analyses?: AnalysisName[]
}

export interface NewEvaluation {
  corpusId: string
  /** See createTemplateHash. */
  corpusHash: string
  testCorpusId: string | null
  testCorpusHash: string | null
  request: EvaluationRequestRecord
  result: ModelEvaluation
}

export interface EvaluationSummary {
  id: string
  /** Null when the corpus has been removed. */
  corpusId: string | null
  corpusHash: string
  /** Null without a test corpus, and when that has been removed. */
  testCorpusId: string | null
  testCorpusHash: string | null
  request: EvaluationRequestRecord
  createdAt: string
}
export interface StoredEvaluation extends EvaluationSummary {
  result: ModelEvaluation
}

interface SummaryRow {
  id: string
  corpus_id: string | null
  corpus_hash: string
  test_corpus_id: string | null
  test_corpus_hash: string | null
  request: EvaluationRequestRecord
  created_at: Date
}
const summaryColumns = 'id, corpus_id, corpus_hash, test_corpus_id, test_corpus_hash, request, created_at'

/** Evaluations of several models: stored once, for ever. */
export function createEvaluationRepository (database: Database) {
  return {
    /**
     * @returns the evaluation, and whether this call created it: a repetition with the same idempotency key returns the
     *   first
     * @throws Problem `idempotency-conflict`
     */
    async insert (
      evaluation: NewEvaluation & IdempotentRequest
    ): Promise<{ evaluation: StoredEvaluation, created: boolean }> {
      const id = randomUUID()
      return await database.transaction(async (session) => {
        if (await insert(session, id, evaluation, evaluation)) {
          return { evaluation: await find(session, id), created: true }
        }
        const earlier = await findByKey(session, evaluation)
        if (earlier === undefined) throw new Error('The evaluation was neither created nor found')
        return { evaluation: earlier, created: false }
      })
    },

    /** Stores an evaluation under an id known beforehand, unless it exists. */
    async createWithId (id: string, evaluation: NewEvaluation): Promise<void> {
      await database.transaction(session =>
        insert(session, id, evaluation, { requestSha256: createHash('sha256').update(id).digest('hex') })
      )
    },

    /**
     * The evaluation that the first of the repeated requests made; call this before the work, which takes long.
     * @throws Problem `idempotency-conflict`
     */
    async findRepeated (request: IdempotentRequest): Promise<StoredEvaluation | undefined> {
      return await findByKey(database, request)
    },

    /** @throws Problem `request-invalid` when the cursor does not belong to this list */
    async list ({ limit, after }: PageRequest): Promise<Page<EvaluationSummary>> {
      const position = positionAfter(after)
      const { rows } = await database.query<SummaryRow>(
        `SELECT ${summaryColumns} FROM evaluations
         WHERE (created_at, id) > ($2::timestamptz, $3::uuid)
         ORDER BY created_at, id LIMIT $1`,
        [limit + 1, position.createdAt, position.id]
      )
      return pageOf(rows.map(summaryOf), limit)
    },

    /** @throws Problem `evaluation-unknown` */
    async get (id: string): Promise<StoredEvaluation> {
      return await find(database, id)
    }
  }
}

/** @returns false when the id or the idempotency key exists already */
async function insert (
  session: Session,
  id: string,
  evaluation: NewEvaluation,
  request: IdempotentRequest
): Promise<boolean> {
  // A corpus that has been removed since is dropped, as a later removal would do; an existing one is locked until the
  // transaction ends.
  const { rows } = await session.query<{ id: string }>(
    'SELECT id FROM corpora WHERE id = ANY ($1::uuid[]) ORDER BY id FOR KEY SHARE',
    [[evaluation.corpusId, evaluation.testCorpusId].filter(corpus => corpus !== null)]
  )
  const present = (corpus: string | null) => rows.some(row => row.id === corpus) ? corpus : null
  const { rowCount } = await session.query(
    `INSERT INTO evaluations (id, corpus_id, corpus_hash, test_corpus_id, test_corpus_hash, request, result, idempotency_key, request_sha256)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
    [
      id,
      present(evaluation.corpusId),
      evaluation.corpusHash,
      present(evaluation.testCorpusId),
      evaluation.testCorpusHash,
      JSON.stringify(evaluation.request),
      JSON.stringify(evaluation.result),
      request.idempotencyKey ?? null,
      request.requestSha256
    ]
  )
  return rowCount === 1
}

async function find (session: Session, id: string): Promise<StoredEvaluation> {
  const { rows: [row] } = isUuid(id)
    ? await session.query<SummaryRow & { result: ModelEvaluation }>(
      `SELECT ${summaryColumns}, result FROM evaluations WHERE id = $1`,
      [id]
    )
    : { rows: [] }
  if (row === undefined) throw new Problem('evaluation-unknown', `no evaluation has the id ${JSON.stringify(id)}`)
  return { ...summaryOf(row), result: row.result }
}

async function findByKey (session: Session, request: IdempotentRequest): Promise<StoredEvaluation | undefined> {
  if (request.idempotencyKey === undefined) return undefined
  const { rows: [found] } = await session.query<{ id: string, request_sha256: string }>(
    'SELECT id, request_sha256 FROM evaluations WHERE idempotency_key = $1',
    [request.idempotencyKey]
  )
  if (found === undefined) return undefined
  assertSameRequest(found.request_sha256, request)
  return await find(session, found.id)
}

function summaryOf (row: SummaryRow): EvaluationSummary {
  return {
    id: row.id,
    corpusId: row.corpus_id,
    corpusHash: row.corpus_hash,
    testCorpusId: row.test_corpus_id,
    testCorpusHash: row.test_corpus_hash,
    request: row.request,
    createdAt: row.created_at.toISOString()
  }
}
