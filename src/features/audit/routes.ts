import { Sha256 } from '../../science/schemas.js'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import { closed, component, Enumeration, input } from '../../platform/http/schemas/component.js'
import { problems } from '../../platform/http/schemas/problem.js'
import { recordVersion } from './audit-chain.js'

const AuditRecord = component(
  'AuditRecord',
  Type.Object({
    seq: Type.Integer({ minimum: 1 }),
    version: Type.Optional(
      Type.Literal(recordVersion, {
        description:
          'The rule of its text: 2 is canonical JSON (RFC 8785). Absent for records that were written before there was one: their text has the members in the order in which they are answered.'
      })
    ),
    at: Type.String({ format: 'date-time' }),
    request: Type.String({ description: 'Id of the request: `X-Request-Id` of its answer, and in the log.' }),
    key: Type.Union([Type.Object({ id: Type.String(), prefix: Type.String() }, closed), Type.Null()], {
      description: 'Whose call it was; null when no key was given, where none is needed.'
    }),
    operation: Type.String({ description: '`operationId` in this document.' }),
    phase: Enumeration(['begun', 'accepted', 'ended'], {
      description:
        'A change, and an answer that streams, is recorded before it begins and when it has ended; other calls when they have. One that became a job is `accepted` in between.'
    }),
    params: Type.Optional(Type.Object({}, { additionalProperties: Type.String(), description: 'Of the address.' })),
    bytes: Type.Optional(Type.Integer({ description: 'Length of the body, where the request says it.' })),
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
      samples: Type.Optional(Type.Integer({ description: 'Images of a corpus.' })),
      subjects: Type.Optional(Type.Integer({ description: 'Persons of a gallery.' })),
      templates: Type.Integer()
    }, { ...closed, description: 'How much a deletion removed.' })),
    decision: Type.Optional(Type.Union([Enumeration(['match', 'non-match']), Type.Null()])),
    status: Type.Optional(Type.Integer()),
    problem: Type.Optional(Type.String({ description: 'Code of the problem that it was answered with.' })),
    made: Type.Optional(Type.String({ description: 'Address of what it made.' })),
    job: Type.Optional(Type.String({ description: 'Id of the job whose end this is.' })),
    outcome: Type.Optional(Enumeration(['succeeded', 'failed', 'cancelled'], { description: 'Of the job.' })),
    complete: Type.Optional(
      Type.Boolean({
        description:
          'Of an answer that streamed: whether it reached its end. False on others whose caller closed the connection before.'
      })
    )
  }, closed)
)

const Query = input({
  after: Type.Integer({
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    default: 0,
    description: 'Number of the record before the first one.'
  }),
  limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
  request: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 128,
      description: 'Only the records of the request with this id, see `X-Request-Id`.'
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
        `Decisions and changes, the oldest first; never a template. \`hash\` is the SHA-256 of the 32 bytes of \`previous\`, the hash of the record
before, and of the record as canonical JSON (RFC 8785), which is how it is answered: docs/audit.md computes it with a few lines. Note \`head\` elsewhere
from time to time, and a chain that was written anew shows. With \`request\` it is the receipt of one request, of an erasure for instance.`,
      querystring: Query,
      response: {
        200: Type.Object({
          records: Type.Array(Type.Object({
            previous: { ...Sha256, description: 'Of the record before; zeros for the first.' },
            hash: Sha256,
            record: AuditRecord
          }, closed)),
          next: Type.Union([Type.Integer(), Type.Null()], {
            description: '`after` of the next page; null when there was no more.'
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
