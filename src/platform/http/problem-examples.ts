import { catalogue, type ErrorCode } from '../../errors.js'
import { exampleGalleryId, exampleMapId } from './documented-examples.js'
import { problemDocument } from './problem-document.js'
import { recorded } from './recorded-answers.js'

/** Of the examples that are not recorded. */
const exampleRequestId = '00000000-0000-4000-8000-000000000001'

/** Details of problems that a session with a fresh service does not meet. */
const details: Partial<Record<ErrorCode, string>> = {
  'key-missing': 'expected Authorization: Bearer cw_<prefix>_<secret>, received no such header',
  'key-invalid': 'expected a key of this service, received one that was revoked',
  'scope-missing': 'expected an API key with the scope "translate", received one with "verify"',
  'pair-forbidden': 'expected a pair of the key ("example-a" to "example-b"), received "example-b" to "example-a"',
  'scores-withheld':
    'expected an API key that is told scores, received one that is told decisions only: POST /v1/verifications decides for it',
  'bundle-untrusted': 'expected the signature of a trusted key, received that of a key that is not in TRUSTED_KEYS_DIR',
  'origin-refused':
    'Host: expected a loopback address, since this service asks for no keys, received "faces.example:8080"',
  'not-acceptable': 'Accept: expected one of application/json, application/x-npy, received "text/csv"',
  'request-timeout': 'body: expected all of it within 120000 ms, received a part',
  'fingerprint-mismatch':
    'templates[0]: expected a template of model "example-a" with the fingerprint of its present version, received another',
  'map-missing': 'expected an active map from "example-b" to "r512", found none',
  'migration-open': 'expected no open migration of the gallery, found one: commit it or roll it back',
  'migration-not-ready':
    'expected a ready migration, received one that is running, with 1200 templates translated so far',
  'migration-ended': 'expected an open migration, received one that is committed',
  'gallery-loading': 'expected the gallery in memory, found 40000 of about 100000 templates of it: the reading goes on',
  'index-unavailable': 'expected a gallery that can be indexed: the database has no pgvector. Search it exactly',
  'calibration-missing':
    'expected a calibration for each of 2 kinds of comparisons, so that their scores are comparable, received none for one',
  'threshold-unsupported': 'expected an FPIR of at least 0.01, received 0.0001',
  'map-exists': `expected map ${exampleMapId} as stored here, received another with the same id`,
  'ensemble-missing':
    'expected an active ensemble with the models "example-a", "example-b", whose maps are all active, found none',
  'ensemble-retired':
    'ensemble 00000000-0000-4000-8000-0000000000a5 was retired at 2026-11-30T07:00:00.000Z and cannot be activated again',
  'map-retired': `map ${exampleMapId} is retired: expected one that can serve`,
  'calibration-retired': 'expected a calibration that can serve, received a retired one',
  'map-not-activated': `expected an active map, received ${exampleMapId}, which is fitted`,
  'model-exists': 'expected model "example-a" as registered here, received another dimension',
  'template-exists':
    'subject "example subject": expected the template of model "example-a" that it has under the name "1", received another',
  'idempotency-conflict':
    'Idempotency-Key: expected a new key, or the same request as the first time; received another request with it',
  'model-cannot-embed':
    'expected a model that can embed images, one of "dlib128", "r512", received "example-a", which is template-only',
  'job-ended': 'expected a queued or running job, it has ended as succeeded',
  'signing-key-missing': 'expected SIGNING_KEY_FILE to name the signing key, it is not set',
  'precondition-failed': 'If-Match: expected the present entity tag of the resource, received another',
  'body-too-large': 'expected at most 67108864 bytes, received 90000000',
  'image-too-large': 'image: expected at most 50000000 pixels, received 12000x9000',
  'quality-low': 'image: expected a face with interEyeDistance of at least 40, received 31.2',
  'image-unsupported': 'image: expected a JPEG, PNG, WebP, AVIF, TIFF or GIF, received other bytes',
  'image-damaged': 'image: expected a complete JPEG file, received 2048 bytes that cannot be decoded',
  'face-missing': 'image: expected a face, the detector found none in 640x480 pixels',
  'face-unclear': 'image: expected a face whose eyes, nose and mouth can be told, the largest of 24x31 pixels cannot',
  'template-missing': 'expected a template of each model, received none from "r512": the face shows too little',
  'answer-too-large': 'expected probes times candidates of at most 100000, received 1000 x 1000 = 1000000',
  'images-differ':
    'image: expected images of one person, of which more than half match one another, received 4 of which at most 2 do',
  'bundle-invalid': 'expected an intact bundle, received one whose signature does not fit its content',
  'template-invalid': 'templates[3]: expected 4 numbers for model "example-a", received 3',
  'template-foreign': 'templates: expected templates of model "r512", received some that look like those of another',
  'pairs-insufficient': 'pairs: expected at least 20 identities with two samples, received 3',
  'pairs-one-sided':
    'corpus: expected samples with templates under both "example-a" and "example-b", received 4 under the first only',
  'pairs-rank-deficient': 'source: expected templates that span 4 dimensions, received some that span 2',
  'headers-too-large': 'expected at most 16384 bytes of address and headers, received something else',
  'rate-limited': 'expected at most 600 requests per minute from this key, received more; the next is admitted in 3 s',
  'budget-exhausted': "expected at most 12 templates, the rest of today's budget of 10000, received 100",
  'jobs-exhausted': 'expected fewer than 10 open jobs of the API key, found 10',
  'caller-left': 'the connection was closed before the end of the request',
  'job-abandoned': 'expected the job to end, it was started 3 times and never did',
  'integrity-failed':
    `gallery ${exampleGalleryId}: expected encrypted templates, since the service has keys, found plaintext`,
  internal: 'The failure is logged under the request id.',
  unavailable: 'expected database, migrations, catalogue, models and admissions to be ready, not ready: database',
  'database-timeout': 'expected the database to finish within 30000 ms, it did not',
  overloaded: 'queue is full: 12 requests ahead, expected wait 31 ms exceeds the limit of 20 ms'
}

/** One example of each problem: as it was recorded, or else as the service words it. */
export const problemExamples = Object.fromEntries(
  (Object.keys(catalogue) as ErrorCode[]).map(code => [
    code,
    recorded.problems[code] ??
      problemDocument({ code, detail: details[code] ?? catalogue[code].title, extensions: {} }, exampleRequestId)
  ])
) as Readonly<Record<ErrorCode, object>>
