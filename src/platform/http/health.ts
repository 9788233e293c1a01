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
      summary: 'Whether the process answers',
      response: { 200: Type.Object({ status: Type.Literal('ok') }, { ...closed, description: 'It does.' }) }
    }
  }, async () => ({ status: 'ok' as const }))

  app.get('/health/ready', {
    logLevel: 'warn',
    config: { access: 'public' },
    schema: {
      operationId: 'getReadiness',
      tags: ['operations'],
      summary: 'Whether the service can do its work',
      description:
        'The database answers, its migrations are those of this version, every change of maps that other replicas told of is followed, the models are loaded and warm, and whatever was admitted ends within the time that it may take. It is not ready either once it was told to end, while it still serves what arrives.',
      response: {
        200: Type.Object({ status: Type.Literal('ok'), checks: Readiness }, { ...closed, description: 'It can.' }),
        ...onlyProblems('unavailable')
      }
    }
  }, async () => {
    if (app.draining()) throw new Problem('unavailable', 'expected a service that goes on, this one was told to end')
    const checks = await app.service.readiness()
    const failing = Object.entries(checks).filter(([, state]) => state !== 'ok').map(([name]) => name)
    if (failing.length > 0) {
      throw new Problem(
        'unavailable',
        `expected database, migrations, catalogue, models and admissions to be ready, not ready: ${failing.join(', ')}`,
        { checks }
      )
    }
    return { status: 'ok' as const, checks }
  })
}

export default routes
