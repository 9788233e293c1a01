import type { Database } from '../../platform/database/database.js'
import { bytesOfFloat32, float32FromBytes } from '../../science/template/float32.js'

/** Who made the templates of canaries: a model of this service with a detector, or the owner of the model. */
export interface CanarySource {
  readonly fingerprint: string
  /** id; empty for templates that the owner of the model sends */
  readonly detector: string
}

/** Sketches of the templates of canaries, for spaces that have no shipped ones. */
export function createCanaryRepository (database: Database) {
  return {
    /** @returns sketches by canary */
    async find ({ fingerprint, detector }: CanarySource): Promise<ReadonlyMap<string, Float32Array>> {
      const { rows } = await database.query<{ canary: string, sketch: Uint8Array }>(
        'SELECT canary, sketch FROM model_canaries WHERE fingerprint = $1 AND detector = $2',
        [fingerprint, detector]
      )
      return new Map(rows.map(({ canary, sketch }) => [canary, float32FromBytes(sketch)]))
    },

    /** Records the sketches of canaries that have none; of two replicas the first one does. */
    async record (
      { fingerprint, detector }: CanarySource,
      sketches: readonly { readonly canary: string, readonly sketch: Float32Array }[]
    ): Promise<void> {
      await database.query(
        `INSERT INTO model_canaries (fingerprint, detector, canary, sketch)
         SELECT $1, $2, canary, sketch FROM unnest($3::text[], $4::bytea[]) AS made (canary, sketch)
         ON CONFLICT (fingerprint, detector, canary) DO NOTHING`,
        [
          fingerprint,
          detector,
          sketches.map(({ canary }) => canary),
          sketches.map(({ sketch }) => bytesOfFloat32(sketch))
        ]
      )
    },

    /** @returns how many were deleted */
    async forget (fingerprint: string): Promise<number> {
      const { rowCount } = await database.query('DELETE FROM model_canaries WHERE fingerprint = $1', [fingerprint])
      return rowCount
    }
  }
}

export type CanaryRepository = ReturnType<typeof createCanaryRepository>
