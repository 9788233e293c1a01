import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { AuditDetails, AuditRecord } from './audit.js'
import { problemJson } from '../../platform/http/media-types.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** How the audit classifies its calls. Required on every route that is not read-only. */
    audit?: 'decision' | 'change'
    /** Parameters of the address that name a person, which are left out of the audit because that is kept for ever. */
    personalParams?: readonly string[]
  }
  interface FastifyRequest {
    /** The details of its record; null when it has none, or has been recorded already. */
    audited: AuditDetails | null
  }
}

/** Adds what the handler of a call knows to its record. */
export function describeToAudit (request: FastifyRequest, details: AuditDetails): void {
  if (request.audited !== null) Object.assign(request.audited, details)
}

/**
 * Records decisions and changes: all calls that access control admits, whatever their outcome. A caller that is refused
 * cannot write to the audit; the log records that.
 */
export default fp(async app => {
  const { audit } = app.service
  const undeclared: string[] = []

  app.decorateRequest('audited', null)

  app.addHook('onRoute', ({ method, url, config }) => {
    const writes = [method].flat().filter(name => !['GET', 'HEAD', 'OPTIONS', 'TRACE'].includes(name))
    if (writes.length > 0 && config?.audit === undefined) undeclared.push(`${writes.join()} ${url}`)
  })

  app.addHook('onReady', async () => {
    if (undeclared.length > 0) {
      throw new Error(
        `expected config.audit on every route that changes or decides, received none for ${undeclared.join(', ')}`
      )
    }
  })

  if (audit.mode === 'off') return

  app.addHook('onRequest', (request, _reply, done) => {
    if (request.routeOptions.config.audit !== undefined) request.audited = {}
    done()
  })

  // A change that is not recorded must not happen.
  app.addHook('preHandler', (request, _reply, done) => {
    if (request.routeOptions.config.audit !== 'change') {
      done()
      return
    }
    audit.recordChange(recordOf(request, 'begun', {})).then(() => done(), done)
  })

  app.addHook('onSend', (request, reply, payload, done) => {
    const { audited, exchange, routeOptions: { config } } = request
    if (audited === null) return done(null, payload)
    let recorded: Promise<void> | undefined
    if (isStream(payload)) {
      recorded = audit.recordDecision(recordOf(request, 'begun', { status: reply.statusCode }))
      exchange.onEnd(({ complete }) => recordEnd(request, { status: reply.statusCode, complete }))
    } else {
      // The outcome is recorded as it was, even when the caller has left and was not told.
      const outcome = { ...outcomeOf(reply, payload), ...exchange.ended === undefined ? {} : { complete: false } }
      // The end of a job is recorded with it.
      const record = recordOf(request, reply.statusCode === 202 ? 'accepted' : 'ended', outcome)
      // The response that reports a failure to record is not itself recorded.
      request.audited = null
      recorded = config.audit === 'change' ? audit.recordChange(record) : audit.recordDecision(record)
    }
    if (recorded !== undefined) return recorded.then(() => payload)
    done(null, payload)
  })

  /** Records the end of a streamed response. */
  function recordEnd (request: FastifyRequest, outcome: Outcome): void {
    if (request.audited === null) return
    const recorded = audit.recordDecision(recordOf(request, 'ended', outcome))
    request.audited = null
    recorded?.catch((error: unknown) =>
      request.log.error({ err: error }, 'could not record the end of a stream in the audit')
    )
  }
}, { name: 'audit', fastify: '5.x', dependencies: ['exchange', 'access'] })

type Outcome = Pick<AuditRecord, 'status' | 'problem' | 'made' | 'complete'>

function recordOf (request: FastifyRequest, phase: AuditRecord['phase'], outcome: Outcome): AuditRecord {
  const { id, caller, headers, audited, routeOptions: { schema, config } } = request
  const length = headers['content-length']
  return {
    at: new Date().toISOString(),
    request: id,
    key: caller === null ? null : { id: caller.id, prefix: caller.prefix },
    operation: (schema as { operationId: string }).operationId,
    phase,
    params: withoutPersonalParams(request.params as object, config.personalParams),
    bytes: length === undefined ? undefined : Number(length),
    ...audited,
    ...outcome
  }
}

function outcomeOf (reply: FastifyReply, payload: unknown): Outcome {
  const location = reply.getHeader('location')
  const isProblem = String(reply.getHeader('content-type') ?? '').startsWith(problemJson) && typeof payload === 'string'
  return {
    status: reply.statusCode,
    problem: isProblem ? (JSON.parse(payload) as { code: string }).code : undefined,
    // A redirection names where to go on, and has made nothing.
    made: typeof location === 'string' && reply.statusCode < 300 ? location : undefined
  }
}

/** Parameters of the address without those that name a person; undefined when none are left. */
function withoutPersonalParams (params: object, personal: readonly string[] = []): object | undefined {
  const kept = Object.entries(params).filter(([name]) => !personal.includes(name))
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}

const isStream = (payload: unknown): boolean => typeof (payload as { pipe?: unknown } | null)?.pipe === 'function'
