import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { Problem } from '../../errors.js'
import { closed, Enumeration } from './schemas/component.js'
import { onlyProblems } from './schemas/problem.js'

const Check = Enumeration(['ok', 'failing'])
const Readiness = Type.Object({
  database: Check,
  migrations: Check,
  catalogue: Check,
  models: Check,
  admissions: Check
}, closed)

/** For the supervisor of the process: whether it is alive, and whether to send it traffic. */
const routes: FastifyPluginAsyncTypebox = async app => {
  app.get('/health/live', {
    logLevel: 'warn',
    config: { access: 'public' },
    schema: {
      operationId: 'getLiveness',
      tags: ['operations'],
      summary: 'Check that the process is alive',
      response: {
        200: Type.Object({ status: Type.Literal('ok') }, { ...closed, description: 'The process is alive.' })
      }
    }
  }, async () => ({ status: 'ok' as const }))

  app.get('/health/ready', {
    logLevel: 'warn',
    config: { access: 'public' },
    schema: {
      operationId: 'getReadiness',
      tags: ['operations'],
      summary: 'Check that the service is ready',
      description:
        'The service is ready when the database answers, its migrations are those of this version, changes of maps ' +
        'by other replicas are applied, the models are loaded and warm, and admitted work finishes within its ' +
        'time limit. After the shutdown signal it is not ready, but still serves requests.',
      response: {
        200: Type.Object({
          status: Type.Literal('ok'),
          checks: Readiness,
          selfTest: Enumeration(['untested', 'passed', 'recorded', 'changed'], {
            description:
              'The worst outcome of the self-tests of the models since the start. `changed`: a model makes other templates than ' +
              'before, see `GET /v1/models/{id}`. The service stays ready.'
          })
        }, {
          ...closed,
          description: 'The service is ready.'
        }),
        ...onlyProblems('unavailable')
      }
    }
  }, async () => {
    if (app.draining()) throw new Problem('unavailable', 'the service is shutting down')
    const checks = await app.service.readiness()
    const failing = Object.entries(checks).filter(([, state]) => state !== 'ok').map(([name]) => name)
    if (failing.length > 0) {
      throw new Problem(
        'unavailable',
        `expected database, migrations, catalogue, models and admissions to be ready, not ready: ${failing.join(', ')}`,
        { checks }
      )
    }
    return { status: 'ok' as const, checks, selfTest: app.service.selfTestStates.worst() }
  })
}

export default routes
