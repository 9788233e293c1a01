import type { GalleryMigrations, MigrationJob } from './migration.js'
import type { JobHandler } from '../jobs/kinds.js'

declare module '../jobs/kinds.js' {
  interface JobRequests { migration: MigrationJob }
}

/** Translates the templates of a gallery. */
export const createMigrationJob = (migrations: GalleryMigrations): JobHandler<MigrationJob> => ({
  queue: 'migration',
  attempts: 3,
  async run (request, context) {
    return `/v1/galleries/${request.gallery}/migrations/${await migrations.run(request, context)}`
  }
})
