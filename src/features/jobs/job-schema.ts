import { Type, type Static } from 'typebox'
import { jobKinds } from './kinds.js'
import { jobStates, type StoredJob } from './store/jobs.js'
import { problemDocument } from '../../platform/http/problem-document.js'
import { closed, component, Enumeration } from '../../platform/http/schemas/component.js'
import { ProblemDocument } from '../../platform/http/schemas/problem.js'

export const JobId = Type.String({ pattern: '^[0-9a-fA-F-]{36}$', description: 'Id of a job.' })
export const JobKindName = Enumeration(jobKinds)
export const JobStateName = Enumeration(jobStates)

const moment = (description: string) => Type.Union([Type.String({ format: 'date-time' }), Type.Null()], { description })

export const JobDocument = component(
  'Job',
  Type.Object({
    id: JobId,
    kind: JobKindName,
    state: JobStateName,
    progress: Type.Object({
      stage: Type.String({ description: 'The current stage, or the last one.' }),
      fraction: Type.Number({ minimum: 0, maximum: 1, description: 'Fraction done.' }),
      done: Type.Optional(Type.Integer({ description: 'Number of items done, if the stage counts any.' })),
      total: Type.Optional(Type.Integer())
    }, closed),
    attempts: Type.Integer({
      description: 'How often it was started: more than once if a process ended before the job did.'
    }),
    createdAt: Type.String({ format: 'date-time' }),
    startedAt: moment('When it was first started.'),
    endedAt: moment('When it succeeded, failed or was cancelled.'),
    result: Type.Union([Type.String(), Type.Null()], {
      description: 'Address of its result, once it has succeeded.'
    }),
    problem: Type.Union([ProblemDocument, Type.Null()], {
      description: 'Why it failed: the problem that the synchronous call would have returned.'
    })
  }, { ...closed, description: 'A long-running operation, requested with `Prefer: respond-async`.' })
)

/** The data of each event of a job. */
export const JobEvent = component(
  'JobEvent',
  Type.Unsafe<Static<typeof JobDocument>>({
    allOf: [JobDocument],
    description:
      'The data of one event of the stream: the job as it is now. The event is `progress`, `succeeded`, `failed` or `cancelled`, and its `id` is for `Last-Event-ID`.'
  })
)

export function jobDocument (
  { id, kind, state, progress, attempts, createdAt, startedAt, endedAt, result, problem, request }: StoredJob
): Static<typeof JobDocument> {
  return {
    id,
    kind: kind as Static<typeof JobKindName>,
    state,
    progress,
    attempts,
    createdAt,
    startedAt,
    endedAt,
    result,
    problem: problem === null ? null : problemDocument(problem, request)
  }
}
