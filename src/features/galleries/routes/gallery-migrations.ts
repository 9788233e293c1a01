import { ModelId } from '../../../science/template/space.js'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { SubmitMigration } from '../migration.js'
import { exampleGalleryId, exampleMapId } from '../../../platform/http/documented-examples.js'
import { committableGalleryId, migratingGalleryId, revocableGalleryId } from '../../gallery-examples.js'
import { IdempotencyHeaders, idempotentRequest } from '../../../platform/http/idempotency.js'
import { describeToAudit } from '../../audit/index.js'
import { JobDocument, jobProblems, originOf, sendJob } from '../../jobs/index.js'
import { closed, input } from '../../../platform/http/schemas/component.js'
import { GalleryId } from '../schemas/gallery.js'
import { MapId } from '../../catalogue/index.js'
import { estimateDocument, MigrationDocument, migrationDocument, MigrationEstimate } from '../schemas/migration.js'
import { Next, WholePageQuery } from '../../../platform/http/schemas/page.js'
import { problems } from '../../../platform/http/schemas/problem.js'

const Gallery = { id: { ...GalleryId, examples: [exampleGalleryId] } }
const paramsOf = (example: string) =>
  Type.Object({
    id: { ...GalleryId, examples: [example] },
    migration: Type.String({ maxLength: 64, description: 'Id of a migration.', examples: [example] })
  }, closed)
const AcceptedJob = {
  ...JobDocument,
  description: 'The job that translates. The migration has the same id.',
  headers: { location: { type: 'string', description: 'Address of the job.' } }
}

/** Migrations of galleries: estimate, run, commit, roll back. */
const routes: FastifyPluginAsyncTypebox = async app => {
  const { galleryMigrations: migrations, estimateMigration, jobs } = app.service

  app.post('/galleries/:id/migrations', {
    config: { access: 'enrol', audit: 'change' },
    schema: {
      operationId: 'migrateGallery',
      tags: ['galleries'],
      summary: 'Migrate a gallery to another model, without photographs',
      description:
        `A job translates all templates of the source; follow it at \`/v1/jobs/{id}/events\`. The originals stay, and are searched
as before, until the migration is committed. With \`dryRun\` nothing changes: the answer estimates what would be lost, from
the card of the map and from subjects of this gallery with several templates. A subject that has a native template of the
target keeps it. The map must be active; for a dry run it may be fitted. Once it is retired or replaced, the migration
cannot continue.`,
      headers: IdempotencyHeaders,
      params: Type.Object(Gallery, closed),
      body: input({
        target: Type.Unsafe<string>({ ...ModelId, description: 'The model to migrate to.' }),
        source: Type.Optional(
          Type.Unsafe<string>({
            ...ModelId,
            description:
              'The model to migrate from; when absent, the only other model that the gallery has templates of.'
          })
        ),
        map: Type.Optional({
          ...MapId,
          description: 'The map to translate with, which must be active; when absent, the active one.'
        }),
        dryRun: Type.Boolean({ default: false, description: 'Whether to only estimate.' })
      }, { examples: [{ source: 'example-a', target: 'example-b', map: exampleMapId, dryRun: true }] }),
      response: {
        200: { ...MigrationEstimate, description: 'The estimate, for a `dryRun`.' },
        202: AcceptedJob,
        ...problems(
          'request-invalid',
          'body-invalid',
          'gallery-unknown',
          'integrity-failed',
          'model-unknown',
          'map-unknown',
          'map-missing',
          'map-retired',
          'map-not-activated',
          'migration-open',
          ...jobProblems,
          'body-too-large',
          'media-type-unsupported'
        )
      }
    }
  }, async (request, reply) => {
    const { params: { id }, body: { dryRun, ...order } } = request
    const plan = await migrations.plan(id, order, dryRun)
    describeToAudit(request, { models: [plan.source.model, plan.target.model], maps: [plan.map.id] })
    if (dryRun) return estimateDocument(await estimateMigration(id, plan))
    return await sendJob(request, reply, await migrations.start(id, plan, submitting(request)))
  })

  /** Queues the job of a migration on behalf of the request. */
  function submitting (request: FastifyRequest): SubmitMigration {
    return async (session, work, admit) =>
      await jobs.submitWithin(session, 'migration', work, originOf(request), await idempotentRequest(request), admit)
  }

  app.get('/galleries/:id/migrations', {
    config: { access: 'enrol' },
    schema: {
      operationId: 'listMigrations',
      tags: ['galleries'],
      summary: 'List the migrations of a gallery',
      params: Type.Object(Gallery, closed),
      querystring: input(WholePageQuery),
      response: {
        200: Type.Object({ migrations: Type.Array(MigrationDocument), next: Next }, {
          ...closed,
          description: 'Oldest first.'
        }),
        ...problems('request-invalid', 'gallery-unknown')
      }
    }
  }, async request => {
    const { items, next } = await migrations.list(request.params.id, request.query)
    return { migrations: items.map(migrationDocument), next }
  })

  app.get('/galleries/:id/migrations/:migration', {
    config: { access: 'enrol' },
    schema: {
      operationId: 'getMigration',
      tags: ['galleries'],
      summary: 'Read the progress of a migration',
      params: paramsOf(migratingGalleryId),
      response: {
        200: { ...MigrationDocument, description: 'The migration.' },
        ...problems('request-invalid', 'gallery-unknown', 'migration-unknown')
      }
    }
  }, async request => migrationDocument(await migrations.get(request.params.id, request.params.migration)))

  app.post('/galleries/:id/migrations/:migration/resume', {
    config: { access: 'enrol', audit: 'change' },
    schema: {
      operationId: 'resumeMigration',
      tags: ['galleries'],
      summary: 'Resume a migration whose job was cancelled or failed',
      description:
        'If a job of the migration has not ended, it continues and is the answer. This includes the job of a killed process, which another process takes over when its lease expires.',
      headers: IdempotencyHeaders,
      params: paramsOf(migratingGalleryId),
      response: {
        202: { ...AcceptedJob, description: 'The job that continues.' },
        ...problems(
          'request-invalid',
          'gallery-unknown',
          'migration-unknown',
          'migration-ended',
          'map-retired',
          'map-not-activated',
          ...jobProblems
        )
      }
    }
  }, async (request, reply) => {
    const { id, migration } = request.params
    return await sendJob(
      request,
      reply,
      await jobs.get(await migrations.resume(id, migration, submitting(request)), null)
    )
  })

  app.post('/galleries/:id/migrations/:migration/commit', {
    config: { access: 'enrol', audit: 'change' },
    schema: {
      operationId: 'commitMigration',
      tags: ['galleries'],
      summary: 'Commit a migration',
      description:
        'The translated templates serve instead of their originals: at once, for every search that begins after the answer, on any replica. Templates enrolled since the migration was ready are translated first. The originals are deleted; this cannot be undone.',
      params: paramsOf(committableGalleryId),
      response: {
        200: { ...MigrationDocument, description: 'The committed migration.' },
        ...problems(
          'request-invalid',
          'gallery-unknown',
          'integrity-failed',
          'migration-unknown',
          'migration-not-ready',
          'migration-ended',
          'map-retired',
          'map-not-activated'
        )
      }
    }
  }, async request => {
    const migration = await migrations.commit(request.params.id, request.params.migration)
    describeToAudit(request, {
      models: [migration.source.model, migration.target.model],
      maps: [migration.map],
      templates: migration.translated
    })
    return migrationDocument(migration)
  })

  app.post('/galleries/:id/migrations/:migration/rollback', {
    config: { access: 'enrol', audit: 'change' },
    schema: {
      operationId: 'rollBackMigration',
      tags: ['galleries'],
      summary: 'Roll back a migration',
      description:
        'Deletes what it has translated and ends its job if that still runs. The originals are searched as before.',
      params: paramsOf(revocableGalleryId),
      response: {
        200: { ...MigrationDocument, description: 'The rolled-back migration.' },
        ...problems('request-invalid', 'gallery-unknown', 'migration-unknown', 'migration-ended')
      }
    }
  }, async request => migrationDocument(await migrations.rollBack(request.params.id, request.params.migration)))
}

export default routes
