import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { ErrorCode } from '../../errors.js'
import type { JobKind, JobRequests } from './kinds.js'
import { idempotentRequest } from '../../platform/http/idempotency.js'
import { keyProblems } from '../../platform/http/schemas/problem.js'
import { JobDocument, jobDocument } from './job-schema.js'
import type { JobOrigin, StoredJob } from './store/jobs.js'

/** Header of long calls (RFC 7240). */
export const PreferHeader = {
  prefer: Type.Optional(
    Type.String({
      maxLength: 1000,
      description: '`respond-async` (RFC 7240): answer at once, with a job instead of its result.'
    })
  )
}

/** The response to a call that prefers a job. */
export const Accepted = {
  202: {
    ...JobDocument,
    description:
      'With `Prefer: respond-async`: the job. A repetition with the same idempotency key returns the same job.',
    headers: {
      location: { type: 'string', description: 'Address of the job.' },
      'preference-applied': { type: 'string', description: '`respond-async`' }
    }
  }
}

/** The problems of every call that can become a job. */
export const jobProblems = [...keyProblems, 'jobs-exhausted', 'idempotency-conflict'] as const satisfies ErrorCode[]

/**
 * Whether the caller prefers a job. The name of a preference matches in any case. This one has no value; an empty one
 * is none, and parameters are ignored (RFC 7240, sections 2 and 4.1).
 */
export function prefersJob (request: FastifyRequest): boolean {
  const { prefer } = request.headers
  return [prefer ?? []].flat().join(',').split(',').some(preference =>
    /^respond-async\s*(=\s*(""\s*)?)?(;|$)/i.test(preference.trim())
  )
}

/** Turns a call into a job and responds with it. */
export async function respondAsync<Kind extends JobKind> (
  request: FastifyRequest,
  reply: FastifyReply,
  kind: Kind,
  work: JobRequests[Kind]
) {
  return await sendJob(
    request,
    reply,
    await request.server.service.jobs.submit(kind, work, originOf(request), await idempotentRequest(request))
  )
}

/** The call that submits a job. */
export function originOf ({ id, caller, routeOptions }: FastifyRequest): JobOrigin {
  return {
    request: id,
    operation: (routeOptions.schema as { operationId: string }).operationId,
    key: caller === null ? null : { id: caller.id, prefix: caller.prefix }
  }
}

/** Responds with a job. */
export async function sendJob (request: FastifyRequest, reply: FastifyReply, job: StoredJob) {
  return await reply.code(202).header('location', `/v1/jobs/${job.id}`).headers(
    prefersJob(request) ? { 'preference-applied': 'respond-async' } : {}
  ).send(jobDocument(job))
}
