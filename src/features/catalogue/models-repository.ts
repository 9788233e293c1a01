import { ModelId } from '../../science/template/space.js'
import { Value } from 'typebox/value'
import { Problem, StartupError } from '../../errors.js'
import type { Database, Session } from '../../platform/database/database.js'
import type { Page, PageRequest } from '../../platform/database/page.js'

export type JsonObject = Readonly<Record<string, unknown>>

export interface ModelRegistration {
  id: string
  /** SHA-256 in hexadecimal, see the fingerprint of a space */
  fingerprint: string
  kind: 'recogniser' | 'template-only'
  dimension: number
  title: string
  licence: string
  /** How the model's input is prepared and its output read. */
  manifest: JsonObject
}

export interface StoredModel extends ModelRegistration {
  /** False when the id now means another space. */
  current: boolean
  createdAt: string
}

/** Notified with `{ id, fingerprint }` when an id may mean another space. */
export const modelsChanged = 'models_changed'

const columns = 'id, fingerprint, kind, dimension, title, licence, manifest, current, created_at'
type ModelRow = ModelRegistration & { current: boolean, created_at: Date }

/** The known spaces: one row per fingerprint, one current row per id. */
export function createModelRepository (database: Database) {
  async function find (session: Session, condition: string, value: string): Promise<StoredModel | undefined> {
    const { rows } = await session.query<ModelRow>(`SELECT ${columns} FROM models WHERE ${condition}`, [value])
    return rows[0] && modelOf(rows[0])
  }

  return {
    /**
     * Registers a space of which only templates are known.
     * @param require may refuse, given what is stored under the id; called while no other registration runs
     * @throws Problem `model-exists` when the id or the fingerprint belongs to a model with other properties
     */
    async register (
      model: ModelRegistration & { kind: 'template-only' },
      require: (stored: StoredModel | undefined) => Promise<void> = async () => {}
    ): Promise<'created' | 'unchanged'> {
      return await database.transaction(async (session) => {
        await lockModels(session)
        const current = await find(session, 'current AND id = $1', model.id)
        await require(current)
        const stored = current ?? await find(session, 'fingerprint = $1', model.fingerprint)
        if (stored === undefined) {
          await save(session, model)
          return 'created'
        }
        const difference = await differenceOf(session, stored, model)
        if (difference !== undefined) {
          throw new Problem('model-exists', `model "${model.id}": ${difference}`, { model: stored.id })
        }
        if (stored.current) return 'unchanged'
        await save(session, model)
        return 'created'
      })
    },

    /**
     * Makes the recognisers of this process the current spaces of their ids. A recogniser that is no longer among them
     * stays: templates of its space can still be translated.
     * @throws StartupError when two of them are the same space
     */
    async syncRecognisers (recognisers: ReadonlyArray<ModelRegistration & { kind: 'recogniser' }>): Promise<void> {
      assertDistinct(recognisers)
      await database.transaction(async (session) => {
        await lockModels(session)
        for (const model of recognisers) {
          // An unchanged row is not written, so that a start does not touch the table.
          const stored = await find(session, 'fingerprint = $1', model.fingerprint)
          if (stored?.current === true && await differenceOf(session, stored, model) === undefined) continue
          await session.query('UPDATE models SET current = false WHERE id = $1 AND current AND fingerprint <> $2', [
            model.id,
            model.fingerprint
          ])
          await save(session, model)
        }
      })
    },

    /** The current spaces, by id. */
    async list (): Promise<StoredModel[]> {
      const { rows } = await database.query<ModelRow>(`SELECT ${columns} FROM models WHERE current ORDER BY id`)
      return rows.map(modelOf)
    },

    /** The same in pages. @throws Problem `request-invalid` when the cursor does not belong to this list */
    async page ({ limit, after }: PageRequest): Promise<Page<StoredModel>> {
      const last = after === undefined ? '' : Buffer.from(after, 'base64url').toString()
      if (after !== undefined && !Value.Check(ModelId, last)) {
        throw new Problem('request-invalid', 'after: expected the "next" value of a page of this list')
      }
      const { rows } = await database.query<ModelRow>(
        `SELECT ${columns} FROM models WHERE current AND id > $2 ORDER BY id LIMIT $1`,
        [limit + 1, last]
      )
      const items = rows.slice(0, limit).map(modelOf)
      return { items, next: rows.length > limit ? Buffer.from(items.at(-1)!.id).toString('base64url') : null }
    },

    /**
     * The current space of an id.
     * @throws Problem `model-unknown`
     */
    async get (id: string): Promise<StoredModel> {
      const model = await find(database, 'current AND id = $1', id)
      if (model === undefined) throw new Problem('model-unknown', `no model has the id ${JSON.stringify(id)}`)
      return model
    },

    /** The space of a fingerprint, current or not. */
    async getByFingerprint (fingerprint: string): Promise<StoredModel | undefined> {
      return await find(database, 'fingerprint = $1', fingerprint)
    }
  }
}

/** Registrations are rare and must be serialised; readers and foreign keys do not wait for this lock. */
async function lockModels (session: Session): Promise<void> {
  await session.query('LOCK TABLE models IN SHARE ROW EXCLUSIVE MODE')
}

async function save (session: Session, model: ModelRegistration): Promise<void> {
  await session.query(
    `INSERT INTO models (fingerprint, id, kind, dimension, title, licence, manifest)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (fingerprint) DO UPDATE SET id = excluded.id, kind = excluded.kind, title = excluded.title,
       licence = excluded.licence, manifest = excluded.manifest, current = true`,
    [
      model.fingerprint,
      model.id,
      model.kind,
      model.dimension,
      model.title,
      model.licence,
      JSON.stringify(model.manifest)
    ]
  )
  await session.query('SELECT pg_notify($1, $2)', [
    modelsChanged,
    JSON.stringify({ id: model.id, fingerprint: model.fingerprint })
  ])
}

/** How a repeated registration differs from the stored one; undefined when they agree. */
async function differenceOf (
  session: Session,
  stored: StoredModel,
  model: ModelRegistration
): Promise<string | undefined> {
  if (stored.id !== model.id) return `its fingerprint is that of model "${stored.id}"`
  for (const property of ['kind', 'dimension', 'fingerprint', 'title', 'licence'] as const) {
    if (stored[property] !== model[property]) {
      return `expected ${property} ${JSON.stringify(stored[property])} as registered, received ${
        JSON.stringify(model[property])
      }`
    }
  }
  // jsonb compares by content, regardless of the order of the members.
  const { rows } = await session.query('SELECT FROM models WHERE fingerprint = $1 AND manifest = $2', [
    model.fingerprint,
    JSON.stringify(model.manifest)
  ])
  return rows.length === 1 ? undefined : 'expected the manifest as registered, received another'
}

function assertDistinct (models: readonly ModelRegistration[]): void {
  const ids = new Map<string, string>()
  for (const { id, fingerprint } of models) {
    const other = ids.get(fingerprint)
    if (other !== undefined) {
      throw new StartupError(
        `Models "${other}" and "${id}" are the same space: same graph, same recipe. Remove one of the manifests`
      )
    }
    ids.set(fingerprint, id)
  }
}

function modelOf ({ created_at: createdAt, ...model }: ModelRow): StoredModel {
  return { ...model, createdAt: createdAt.toISOString() }
}
