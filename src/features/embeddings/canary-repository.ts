import type { Database } from '../../platform/database/database.js'
import { bytesOfFloat32, float32FromBytes } from '../../science/template/float32.js'

interface Sketch {
  /** of the image, in hex */
  readonly sha256: string
  readonly sketch: Float32Array
}

/** Sketches of the templates of canaries, for spaces that have no shipped ones. */
export function createCanaryRepository (database: Database) {
  return {
    /**
     * The sketches that are expected. Those of images that have none are recorded, by the replica that comes first.
     * @param detector id, without which points are others
     */
    async recorded (
      fingerprint: string,
      detector: string,
      made: readonly Sketch[]
    ): Promise<{ sketches: ReadonlyMap<string, Float32Array>, isNew: boolean }> {
      const { rows: added } = await database.query<{ image_sha256: string }>(
        `INSERT INTO model_canaries (fingerprint, detector, image_sha256, sketch)
         SELECT $1, $2, image, sketch FROM unnest($3::text[], $4::bytea[]) AS made (image, sketch)
         ON CONFLICT (fingerprint, detector, image_sha256) DO NOTHING RETURNING image_sha256`,
        [fingerprint, detector, made.map(({ sha256 }) => sha256), made.map(({ sketch }) => bytesOfFloat32(sketch))]
      )
      const { rows } = await database.query<{ image_sha256: string, sketch: Uint8Array }>(
        'SELECT image_sha256, sketch FROM model_canaries WHERE fingerprint = $1 AND detector = $2',
        [fingerprint, detector]
      )
      return {
        sketches: new Map(rows.map(({ image_sha256: image, sketch }) => [image, float32FromBytes(sketch)])),
        isNew: added.length > 0
      }
    }
  }
}

export type CanaryRepository = ReturnType<typeof createCanaryRepository>
