import { readFileSync } from 'node:fs'
import { examples } from '../../src/platform/http/documented-examples.js'
import { portrait } from '../../test/support/photographs.js'

export interface Request {
  readonly name: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** how many at once keep the service busy */
  readonly saturating: number
}

const json = { 'content-type': 'application/json' }
const photograph = readFileSync(portrait)
const image = photograph.toString('base64')
const template = { model: 'dlib128', data: examples.templates.dlib128 }
const batch = { target: 'r512', templates: Array.from({ length: 100 }, () => template) }

/** Requests of a gate or a migration, each heavy enough that the sender can send twice what the service can handle. */
export const requests: readonly Request[] = [
  {
    name: 'embedding of a photograph',
    path: '/v1/embeddings',
    headers: { 'content-type': 'image/jpeg' },
    body: photograph,
    saturating: 4
  },
  {
    name: 'verification of a photograph',
    path: '/v1/verifications',
    headers: json,
    body: Buffer.from(
      JSON.stringify({
        probe: { image, model: 'dlib128' },
        reference: { template: { model: 'r512', data: examples.templates.r512 } }
      })
    ),
    saturating: 4
  },
  {
    name: 'translation of 100 templates',
    path: '/v1/translations',
    headers: json,
    body: Buffer.from(JSON.stringify(batch)),
    saturating: 16
  }
]
