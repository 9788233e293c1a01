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
  description: 'The job that translates. The migration has its id.',
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
        `A job translates all templates of the source; follow it at \`/v1/jobs/{id}/events\`. The originals stay, and are searched as before, until the
migration is committed. With \`dryRun\` nothing happens: the answer says what would be lost, by the card of the map, and by subjects of this gallery that
have several templates. A subject that has a template of the target's own keeps it. The map has to be active, for a dry run at least fitted; one that is retired or replaced
before the commit takes the migration no further.`,
      headers: IdempotencyHeaders,
      params: Type.Object(Gallery, closed),
      body: input({
        target: Type.Unsafe<string>({ ...ModelId, description: 'The model to move to.' }),
        source: Type.Optional(
          Type.Unsafe<string>({
            ...ModelId,
            description: 'The model to leave; the only other one that the gallery has templates of when absent.'
          })
        ),
        map: Type.Optional({
          ...MapId,
          description: 'The map to translate by, which has to be active; the active one when absent.'
        }),
        dryRun: Type.Boolean({ default: false, description: 'Whether to estimate only.' })
      }, { examples: [{ source: 'example-a', target: 'example-b', map: exampleMapId, dryRun: true }] }),
      response: {
        200: { ...MigrationEstimate, description: 'What the migration would do, for a `dryRun`.' },
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
      await jobs.submitWithin(session, 'migration', work, originOf(request), idempotentRequest(request), admit)
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
          description: 'The oldest first.'
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
      summary: 'Read how far a migration is',
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
      summary: 'Go on with a migration whose job was cancelled or has failed',
      description:
        'While a job of the migration has not ended, that one goes on and is the answer: also the job of a process that was killed, which another takes over when its lease ends.',
      headers: IdempotencyHeaders,
      params: paramsOf(migratingGalleryId),
      response: {
        202: { ...AcceptedJob, description: 'The job that goes on.' },
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
      summary: 'Let translated templates serve instead of their originals',
      description:
        'At once, for every search that begins after the answer, on any replica. What was enrolled since the migration was ready is translated first. The originals are deleted; this cannot be undone.',
      params: paramsOf(committableGalleryId),
      response: {
        200: { ...MigrationDocument, description: 'It is committed.' },
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
      summary: 'Give a migration up',
      description:
        'What it has translated is deleted; a job that still translates ends. The originals were and are searched.',
      params: paramsOf(revocableGalleryId),
      response: {
        200: { ...MigrationDocument, description: 'It is rolled back.' },
        ...problems('request-invalid', 'gallery-unknown', 'migration-unknown', 'migration-ended')
      }
    }
  }, async request => migrationDocument(await migrations.rollBack(request.params.id, request.params.migration)))
}

export default routes
