import { createHash } from 'node:crypto'
import type { Database } from '../../src/platform/database/database.js'
import { createVault } from '../../src/platform/encryption/vault.js'
import { createGalleryRepository } from '../../src/features/galleries/store/galleries.js'
import type { NewMap } from '../../src/features/catalogue/store/maps.js'
import { createModelRepository } from '../../src/features/catalogue/models-repository.js'

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Deterministic float32 values that are no round numbers. */
export function numbersOf (seed: number, length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin(seed * 131.7 + i * 1.3))
}

export function templateOnlyModel (id: string, dimension = 4) {
  return {
    id,
    fingerprint: sha256(`space of ${id}`),
    kind: 'template-only' as const,
    dimension,
    title: `Model ${id}`,
    licence: 'proprietary',
    manifest: { version: '1' }
  }
}

/** Registers a template-only model and returns its fingerprint. */
export async function registerSpace (database: Database, id: string, dimension = 4): Promise<string> {
  const model = templateOnlyModel(id, dimension)
  await createModelRepository(database).register(model)
  return model.fingerprint
}

export function newMap (
  sourceFingerprint: string,
  targetFingerprint: string,
  dimensions = { source: 4, target: 3 },
  seed = 1
): NewMap {
  const { source, target } = dimensions
  return {
    sourceFingerprint,
    targetFingerprint,
    method: 'ridge',
    parameters: { lambda: 1e-7 },
    seed,
    corpusHash: sha256('corpus'),
    numbers: {
      weights: { rows: source, cols: target, data: numbersOf(seed, source * target) },
      meanSource: numbersOf(seed + 1, source),
      meanTarget: numbersOf(seed + 2, target)
    },
    card: { tmr: 0.9871, pairs: 100 }
  }
}

/**
 * A gallery with templates at these positions of its log, all alike: what is looked at is where they are. @returns its
 * id
 */
export async function storeGallery (database: Database, ordinals: readonly number[]): Promise<string> {
  const fingerprint = await registerSpace(database, 'gallery-filler')
  const { gallery: { id } } = await createGalleryRepository(database, createVault([])).create({
    name: 'filled',
    requestSha256: sha256('filled')
  })
  await database.query("INSERT INTO gallery_subjects (gallery_id, subject, number) VALUES ($1, 'somebody', 0)", [id])
  await database.query(
    `INSERT INTO gallery_templates (gallery_id, ordinal, subject_number, reference, fingerprint, dimension, vector)
     SELECT $1, ordinal, 0, ordinal::text, $2, 4, $3 FROM unnest($4::bigint[]) AS given (ordinal)`,
    [id, fingerprint, Buffer.alloc(16, 1), ordinals]
  )
  return id
}
