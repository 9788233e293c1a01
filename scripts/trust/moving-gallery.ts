import { registerSpace, serveMap, syntheticPairs } from '../../bench/spaces.js'
import { createRandom } from '../../src/science/linear-algebra/random.js'
import { base64Json } from '../../src/platform/http/media-types.js'
import type { DatabaseConfig } from '../../src/platform/database/database.js'
import { openDatabase } from '../../src/platform/database/open-database.js'
import { base64OfFloat32, bytesOfFloat32, float32FromBytes } from '../../src/science/template/float32.js'
import { call, postJson } from '../running-service.js'

export const spaces = {
  source: { id: 'kills-source', dimension: 64 },
  target: { id: 'kills-target', dimension: 48 }
} as const

const references = ['1', '2']
const probeCount = 4
const sampleSize = 60
/** Between two paths of the same numbers: alone, and in a batch of another size. */
const tolerance = 1e-5

/**
 * Whether a subject must be in the gallery. After an interruption it may be either, but never partial.
 */
type Fate = 'there' | 'gone' | 'either'

interface Candidate {
  readonly subject: string
  readonly reference: string
  readonly score: number
  readonly group: number
}
interface Found {
  readonly searches: { readonly groups: { readonly model: string, readonly provenance: string }[] }[]
  readonly results: { readonly search: number, readonly candidates: Candidate[] }[]
}

export async function registerSpaces (url: string): Promise<void> {
  for (const space of Object.values(spaces)) await registerSpace(url, space)
  await serveMap(url, spaces.source, spaces.target, { identities: 60 })
}

/**
 * A gallery of people with two templates each, that changes while it is migrated: people are added and deleted. Those
 * people lie opposite the probes, so that they are never candidates, and searches must give the same answers
 * throughout.
 */
export async function createMovingGallery (address: () => string, people: number, seed: number) {
  const random = createRandom(seed)
  const pairs = syntheticPairs(spaces.source.dimension, spaces.target.dimension, {
    identities: people,
    imagesEach: references.length,
    seed
  })
  const templates = new Map<string, Float32Array>()
  const fates = new Map<string, Fate>()
  const probes = pairs.filter((_, i) => i % references.length === 0).slice(0, probeCount)
  const { id } = await call<{ id: string }>(`${address()}/v1/galleries`, postJson({ name: `kills ${seed}` }))
  const path = `/v1/galleries/${id}`
  let comers = 0

  const nameOf = (subject: string, reference: string) => `${subject}\0${reference}`
  const away = () =>
    Float32Array.from(
      { length: spaces.source.dimension },
      (_, k) => random.next() - 0.5 - probes.reduce((sum, { source }) => sum + source[k]!, 0)
    )

  async function enrol (
    added: readonly { readonly subject: string, readonly vectors: readonly Float32Array[] }[]
  ): Promise<void> {
    for (const { subject, vectors } of added) {
      fates.set(subject, 'either')
      references.forEach((reference, i) => templates.set(nameOf(subject, reference), vectors[i]!))
    }
    const names = added.flatMap(({ subject }) => references.map(reference => `${subject},${reference}`))
    const form = new FormData()
    form.set('subjects', new Blob([['subject,reference', ...names].join('\n')], { type: 'text/csv' }), 'subjects.csv')
    form.set(
      'templates',
      new Blob(added.flatMap(({ vectors }) => vectors.map(vector => new Uint8Array(bytesOfFloat32(vector))))),
      'templates.f32'
    )
    await call(`${address()}${path}/templates?model=${spaces.source.id}`, { method: 'POST', body: form })
    for (const { subject } of added) fates.set(subject, 'there')
  }

  const newcomer = (group: string) => ({ subject: `${group} ${comers++}`, vectors: references.map(away) })

  async function remove (subject: string): Promise<void> {
    fates.set(subject, 'either')
    await call(`${address()}${path}/subjects/${encodeURIComponent(subject)}`, { method: 'DELETE' })
    fates.set(subject, 'gone')
  }

  async function change (): Promise<void> {
    await enrol(Array.from({ length: 3 }, () => newcomer('late')))
    const leaving = [...fates].filter(([subject, fate]) => fate === 'there' && !subject.startsWith('person')).map((
      [subject]
    ) => subject)
    await remove(leaving[random.integer(leaving.length)]!)
  }

  await enrol(
    Array.from({ length: people }, (_, who) => ({
      subject: `person ${who}`,
      vectors: references.map((_, image) => pairs[who * references.length + image]!.source)
    }))
  )
  await enrol(Array.from({ length: 40 }, () => newcomer('here before')))

  return {
    path,

    /** Adds some people, and deletes one. */
    change,

    /** Adds and deletes people until the service does not answer. */
    async changeUntilGone (): Promise<void> {
      try {
        for (;;) await change()
      } catch (error) {
        if (!(error instanceof TypeError)) throw error // fetch's own, for a connection that is lost
      }
    },

    /** The best candidates for probes of both models, and their models. */
    async search (): Promise<{ candidates: string[], provenance: string[] }> {
      const { searches, results } = await call<Found>(
        `${address()}${path}/identifications`,
        postJson({
          candidates: 3,
          probes: probes.flatMap((
            { source, target }
          ) => [{ model: spaces.source.id, data: base64OfFloat32(source) }, {
            model: spaces.target.id,
            data: base64OfFloat32(target)
          }])
        })
      )
      const found = results.flatMap(({ search, candidates }) =>
        candidates.map(candidate => ({ ...candidate, ...searches[search]!.groups[candidate.group]! }))
      )
      return {
        candidates: found.map(({ subject, reference, score }) => `${subject}, ${reference}: ${score}`),
        provenance: [...new Set(found.map(({ model, provenance }) => `${model} ${provenance}`))]
      }
    },

    /** What translations the service gives of some of the templates, by their names. */
    async translateSome (): Promise<Map<string, Float32Array>> {
      const names = random.shuffle([...templates.keys()]).slice(0, sampleSize)
      const { templates: translated } = await call<{ templates: { data: string }[] }>(`${address()}/v1/translations`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: base64Json },
        body: JSON.stringify({
          target: spaces.target.id,
          templates: names.map(name => ({ model: spaces.source.id, data: base64OfFloat32(templates.get(name)!) }))
        })
      })
      return new Map(names.map((name, i) => [name, float32FromBytes(Buffer.from(translated[i]!.data, 'base64'))]))
    },

    /**
     * Checks in the database, while nothing else has it open, that every template that must be there is there exactly
     * once, as translated by the migration, and nothing else.
     *
     * @param expected translations of some
     * @returns how many there are, and what is wrong
     */
    async inspect (
      config: DatabaseConfig,
      migration: string,
      expected: ReadonlyMap<string, Float32Array>
    ): Promise<{ count: number, wrong: string[] }> {
      const database = await openDatabase(config)
      try {
        const { rows } = await database.query<
          {
            subject: string
            reference: string
            model: string
            migration_id: string | null
            vector: Buffer
            serves: boolean
          }
        >(
          `SELECT s.subject, t.reference, m.id AS model, t.migration_id, t.vector, v.ordinal IS NOT NULL AS serves
           FROM gallery_templates t JOIN gallery_subjects s ON s.gallery_id = t.gallery_id AND s.number = t.subject_number JOIN models m ON m.fingerprint = t.fingerprint
           LEFT JOIN serving_templates v ON v.gallery_id = t.gallery_id AND v.ordinal = t.ordinal WHERE t.gallery_id = $1`,
          [id]
        )
        const wrong: string[] = []
        const found = new Map<string, number>()
        for (const { subject, reference, model, migration_id: by, vector, serves } of rows) {
          const name = nameOf(subject, reference)
          found.set(name, (found.get(name) ?? 0) + 1)
          if (model !== spaces.target.id || by !== migration || !serves) {
            wrong.push(
              `${subject}, ${reference}: of ${model}, by ${String(by)}, ${serves ? 'serves' : 'does not serve'}`
            )
          }
          const translation = expected.get(name)
          if (translation !== undefined && !near(float32FromBytes(vector), translation)) {
            wrong.push(`${subject}, ${reference}: not the translation that the service gives`)
          }
        }
        for (const [subject, fate] of fates) {
          const counts = references.map(reference => found.get(nameOf(subject, reference)) ?? 0)
          const wanted = fate === 'there' ? [[1, 1]] : fate === 'gone' ? [[0, 0]] : [[0, 0], [1, 1]]
          if (!wanted.some(each => each.every((count, i) => count === counts[i]))) {
            wrong.push(`${subject}, to be ${fate}: there are ${counts.join(' and ')}`)
          }
          references.forEach(reference => found.delete(nameOf(subject, reference)))
        }
        wrong.push(...[...found.keys()].map(name => `${name.replace('\0', ', ')}: nobody enrolled it`))
        return { count: rows.length, wrong }
      } finally {
        await database.close()
      }
    }
  }
}

export type MovingGallery = Awaited<ReturnType<typeof createMovingGallery>>

function near (a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((value, k) => Math.abs(value - b[k]!) <= tolerance)
}
