import type { GalleryMigrations, MigrationJob } from './migration.js'
import type { JobHandler, JobRepository } from '../jobs/index.js'
import type { MigrationJobs } from './store/migrations.js'

const queue = 'migration'

/** Adapts the job repository to what migrations need. */
export const jobsOfMigrations = (jobs: Pick<JobRepository, 'openOf' | 'endWithin'>): MigrationJobs => ({
  async open (session, gallery) {
    const open = await jobs.openOf<MigrationJob>(session, 'migration', { gallery })
    return open.map(({ id, request }) => ({ id, migration: request.migration ?? id }))
  },
  end: async (session, id, ending, attempt) => await jobs.endWithin(session, { id, queue }, ending, attempt)
})

declare module '../jobs/kinds.js' {
  interface JobRequests {
    migration: MigrationJob
  }
}

/** Translates the templates of a gallery. */
export const createMigrationJob = (migrations: GalleryMigrations): JobHandler<MigrationJob> => ({
  queue,
  attempts: 3,
  async run (request, context) {
    return `/v1/galleries/${request.gallery}/migrations/${await migrations.run(request, context)}`
  }
})
