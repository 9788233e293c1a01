import { Sha256 } from '../../science/schemas.js'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import { closed, component, Enumeration, input } from '../../platform/http/schemas/component.js'
import { problems } from '../../platform/http/schemas/problem.js'
import { requestIdPattern } from '../../platform/http/request-id.js'
import { recordVersion } from './audit-chain.js'

const AuditRecord = component(
  'AuditRecord',
  Type.Object({
    seq: Type.Integer({ minimum: 1 }),
    version: Type.Optional(
      Type.Literal(recordVersion, {
        description:
          'Format of the text that is hashed: 2 is canonical JSON (RFC 8785). Absent in older records, whose text ' +
          'has its members in the order of the answer.'
      })
    ),
    at: Type.String({ format: 'date-time' }),
    request: Type.String({ description: 'Id of the request, as in `X-Request-Id` of its answer and in the log.' }),
    key: Type.Union([Type.Object({ id: Type.String(), prefix: Type.String() }, closed), Type.Null()], {
      description: 'The key of the caller; null if none was given where none is required.'
    }),
    operation: Type.String({ description: '`operationId` in this document.' }),
    phase: Enumeration(['begun', 'accepted', 'ended'], {
      description:
        'Changes and streamed answers are recorded before they begin and when they end, other calls when they end. ' +
        'A call that became a job is `accepted` in between.'
    }),
    params: Type.Optional(
      Type.Object({}, { additionalProperties: Type.String(), description: 'Parameters of the address.' })
    ),
    bytes: Type.Optional(Type.Integer({ description: 'Length of the body, if the request states it.' })),
    models: Type.Optional(Type.Array(Type.String())),
    maps: Type.Optional(Type.Array(Type.String())),
    templates: Type.Optional(Type.Integer()),
    comparisons: Type.Optional(
      Type.Integer({ description: 'Scores of a matrix: of an answer that streamed, those that left.' })
    ),
    identified: Type.Optional(
      Type.Integer({ description: 'Probes of an identification that had a candidate above the threshold.' })
    ),
    deleted: Type.Optional(Type.Object({
      samples: Type.Optional(Type.Integer({ description: 'Samples of a corpus.' })),
      subjects: Type.Optional(Type.Integer({ description: 'Subjects of a gallery.' })),
      templates: Type.Integer()
    }, { ...closed, description: 'What a deletion removed.' })),
    decision: Type.Optional(Type.Union([Enumeration(['match', 'non-match']), Type.Null()])),
    status: Type.Optional(Type.Integer()),
    problem: Type.Optional(Type.String({ description: 'Code of the problem in the answer.' })),
    made: Type.Optional(Type.String({ description: 'Address of the resource that was created.' })),
    job: Type.Optional(Type.String({ description: 'Id of the job that ended.' })),
    outcome: Type.Optional(Enumeration(['succeeded', 'failed', 'cancelled'], { description: 'How the job ended.' })),
    complete: Type.Optional(
      Type.Boolean({
        description:
          'Whether a streamed answer was sent to its end. False for any other answer whose caller closed the ' +
          'connection first.'
      })
    )
  }, closed)
)

const Query = input({
  after: Type.Integer({
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    default: 0,
    description: '`seq` of the record before the first to return.'
  }),
  limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
  request: Type.Optional(
    Type.String({
      pattern: requestIdPattern,
      description: 'Only records of the request with this id, see `X-Request-Id`.'
    })
  )
})

/** The audit: decisions and changes, and who requested them. */
const routes: FastifyPluginAsyncTypebox = async app => {
  app.get('/audit', {
    config: { access: 'admin' },
    schema: {
      operationId: 'listAuditRecords',
      tags: ['access'],
      summary: 'Read the audit',
      description:
        `Decisions and changes, oldest first; never a template. \`hash\` is the SHA-256 of the 32 bytes of ` +
        `\`previous\` (the hash of the previous record) followed by the record as canonical JSON (RFC 8785), ` +
        `which is how it is returned: docs/audit.md computes it in a few lines. Keep a copy of \`head\` ` +
        `elsewhere from time to time, so that a rewritten chain is noticed. With \`request\`, the answer is ` +
        `the receipt of one request, for instance of an erasure.`,
      querystring: Query,
      response: {
        200: Type.Object({
          records: Type.Array(Type.Object({
            previous: { ...Sha256, description: 'Hash of the previous record; zeros for the first.' },
            hash: Sha256,
            record: AuditRecord
          }, closed)),
          next: Type.Union([Type.Integer(), Type.Null()], {
            description: 'Value of `after` for the next page; null if there are no more records.'
          }),
          head: Type.Object({ seq: Type.Integer(), hash: Sha256 }, { ...closed, description: 'The end of the chain.' })
        }, { ...closed, description: 'A page of the audit.' }),
        ...problems('request-invalid')
      }
    }
  }, async ({ query }, reply) => {
    const { rows, head } = await app.service.audit.list(query)
    // Embedded as text, so that the reader finds the members in the order in which they were hashed.
    const records = rows.map(({ previous, hash, record }) =>
      `{"previous":"${previous}","hash":"${hash}","record":${record}}`
    )
    const rest = JSON.stringify({ next: rows.length < query.limit ? null : rows.at(-1)!.seq, head })
    return await (reply.type('application/json; charset=utf-8') as FastifyReply).send(
      `{"records":[${records.join(',')}],${rest.slice(1)}`
    )
  })
}

export default routes
