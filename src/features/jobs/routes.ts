import { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Registry } from 'prom-client'
import { Type } from 'typebox'
import { disposableJobId, exampleJobId } from '../../platform/http/documented-examples.js'
import type { JobOwner } from './store/jobs.js'
import { createStreamLimit } from './event-streams.js'
import { jobEvents } from './job-events.js'
import {
  ChangeConditions,
  NotModified,
  preconditionsOf,
  ReadConditions,
  sendTagged,
  TagHeader
} from '../../platform/http/conditions.js'
import { closed, input } from '../../platform/http/schemas/component.js'
import { JobDocument, jobDocument, JobEvent, JobId, JobKindName, JobStateName } from './job-schema.js'
import { memoised } from '../../memoised.js'
import { gauge, gauges } from '../../platform/measures.js'
import { Next, PageQuery } from '../../platform/http/schemas/page.js'
import { problems } from '../../platform/http/schemas/problem.js'

/** Maximum number of event streams open at once: in total, and per API key. */
const [maxStreams, maxStreamsPerKey] = [500, 100]
/** Milliseconds after which a stream ends and its client has to reconnect, with a key that is still valid. */
const maxStreamDuration = 10 * 60_000

const Params = Type.Object({ id: Type.Unsafe<string>({ ...JobId, examples: [exampleJobId] }) }, closed)

/**
 * Which jobs a caller sees: its own; all with the scope `admin`; and all where keys are optional and none was given.
 */
const ownerOf = ({ caller }: FastifyRequest): JobOwner =>
  caller === null || caller.scopes.includes('admin') ? null : caller.id

/** Long-running jobs: their progress and their results. */
const routes: FastifyPluginAsyncTypebox<{ registry: Registry }> = async (app, { registry }) => {
  const { jobs } = app.service
  const streams = createStreamLimit({ all: maxStreams, ofKey: maxStreamsPerKey })
  gauge(registry, 'event_streams_open', 'Open event streams of jobs.', streams.count)
  // Both gauges of one scrape are of one reading.
  const readings = new Map<undefined, ReturnType<typeof jobs.pending>>()
  const pending = () => memoised(readings, undefined, () => jobs.pending().finally(() => readings.delete(undefined)))
  gauges(
    registry,
    {
      name: 'crosswalk_jobs',
      help: 'Jobs that have not ended, on all replicas, by kind and state.',
      labels: ['kind', 'state']
    },
    async () => (await pending()).map(({ kind, state, count }) => [{ kind, state }, count])
  )
  gauges(
    registry,
    {
      name: 'crosswalk_job_age_seconds',
      help: 'Seconds since the oldest job that has not ended was submitted, by kind and state.',
      labels: ['kind', 'state']
    },
    async () => (await pending()).map(({ kind, state, seconds }) => [{ kind, state }, seconds])
  )

  app.get('/jobs', {
    config: { access: 'any-key' },
    schema: {
      operationId: 'listJobs',
      tags: ['jobs'],
      summary: 'List the jobs',
      description:
        'The jobs of the same API key, or all with the scope `admin`. Jobs that have ended are kept for 30 days.',
      querystring: input({ kind: Type.Optional(JobKindName), state: Type.Optional(JobStateName), ...PageQuery }),
      response: {
        200: Type.Object({ jobs: Type.Array(JobDocument), next: Next }, {
          ...closed,
          description: 'Newest first.'
        }),
        ...problems('request-invalid')
      }
    }
  }, async request => {
    const { items, next } = await jobs.list(request.query, ownerOf(request))
    return { jobs: items.map(jobDocument), next }
  })

  app.get('/jobs/:id', {
    config: { access: 'any-key' },
    schema: {
      operationId: 'getJob',
      tags: ['jobs'],
      summary: 'Read a job',
      params: Params,
      headers: Type.Object(ReadConditions),
      response: {
        200: { ...JobDocument, headers: TagHeader, description: 'The job.' },
        ...NotModified,
        ...problems('request-invalid', 'job-unknown', 'precondition-failed')
      }
    }
  }, async (request, reply) => {
    const job = await jobs.get(request.params.id, ownerOf(request))
    return await sendTagged(request, reply, job.etag, jobDocument(job))
  })

  app.get('/jobs/:id/events', {
    // The stream is open for as long as the job takes, and costs next to nothing.
    config: { access: 'any-key', admission: 'elsewhere' },
    schema: {
      operationId: 'followJob',
      tags: ['jobs'],
      summary: 'Follow a job',
      description:
        `Server-sent events: \`progress\` at once and on every change of the job, then \`succeeded\`, \`failed\` or \`cancelled\`, after
which the stream ends. The data of each event is the job as \`GET /v1/jobs/{id}\` returns it. Any replica can serve the stream.
It also ends when the replica shuts down, when the key is no longer valid, and after ten minutes: resume with
\`Last-Event-ID\`, as \`EventSource\` does by itself. A caller that has already seen the end gets 204, after which
\`EventSource\` does not reconnect. A connection carries one stream, and an API key may have at most ${maxStreamsPerKey}.`,
      params: Params,
      headers: Type.Object({
        'last-event-id': Type.Optional(
          Type.String({ pattern: '^\\d{1,9}$', description: '`id` of the last event received.' })
        )
      }),
      response: {
        200: { description: 'The events.', content: { 'text/event-stream': { schema: JobEvent } } },
        204: { type: 'null', description: 'The job has ended, and the caller has seen its last event.' },
        ...problems('request-invalid', 'job-unknown')
      }
    }
  }, async (request, reply) => {
    const { id } = request.params
    const owner = ownerOf(request)
    const seen = Number(request.headers['last-event-id'] ?? 0)
    const { signal, watch } = open(id, request)
    // Read after the watch has begun, so that no change in between is missed.
    const job = await jobs.get(id, owner)
    if (job.endedAt !== null && job.revision <= seen) return await reply.code(204).send(null)
    const events = jobEvents(job, {
      read: () => jobs.get(id, owner),
      watch,
      seen,
      until: Date.now() + maxStreamDuration,
      signal
    })
    reply.header('cache-control', 'no-store')
    // Tells proxies not to buffer the stream.
    reply.header('x-accel-buffering', 'no')
    return await (reply.type('text/event-stream') as FastifyReply).send(Readable.from(events))
  })

  /**
   * Watches a job until the response has ended, the key is no longer valid, or the service stops.
   * @throws Problem `overloaded`
   */
  function open (id: string, { exchange, caller, socket }: FastifyRequest) {
    const close = streams.open(caller?.id ?? null, socket)
    const ending = new AbortController()
    const end = () => ending.abort()
    const watch = jobs.watch(id, ending.signal)
    for (const signal of [app.ending, exchange.signal]) {
      signal.addEventListener('abort', end)
      if (signal.aborted) end()
    }
    exchange.onEnd(() => {
      close()
      app.ending.removeEventListener('abort', end)
      end()
      watch.stop()
    })
    return { signal: ending.signal, watch }
  }

  app.delete('/jobs/:id', {
    config: { access: 'any-key', audit: 'change' },
    schema: {
      operationId: 'cancelJob',
      tags: ['jobs'],
      summary: 'Cancel a job',
      description:
        'The replica that runs it stops within moments. What the job has made stays. Repeating the call changes nothing.',
      params: Type.Object({ id: Type.Unsafe<string>({ ...JobId, examples: [disposableJobId] }) }, closed),
      headers: Type.Object(ChangeConditions),
      response: {
        200: { ...JobDocument, headers: TagHeader, description: 'The cancelled job.' },
        ...problems('request-invalid', 'job-unknown', 'job-ended', 'precondition-failed')
      }
    }
  }, async (request, reply) => {
    const job = await jobs.cancel(request.params.id, ownerOf(request), preconditionsOf(request))
    return reply.header('etag', job.etag).send(jobDocument(job))
  })
}

export default routes
