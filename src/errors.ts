/**
 * Every error that reaches a client, with its stable code. The HTTP status and the title are part of the contract;
 * `detail` states what was expected and what was received.
 */
export const catalogue = {
  'request-invalid': { status: 400, title: 'The request does not have the expected form' },
  'body-invalid': { status: 400, title: 'The body could not be parsed' },
  'key-missing': { status: 401, title: 'An API key is required' },
  'key-invalid': { status: 401, title: 'The API key is not valid' },
  'scope-missing': { status: 403, title: 'The API key lacks the scope of the operation' },
  'pair-forbidden': { status: 403, title: 'The API key does not cover this pair of models' },
  'scores-withheld': { status: 403, title: 'The API key may not see scores' },
  'bundle-untrusted': { status: 403, title: 'The bundle is not signed by a trusted key' },
  'origin-refused': { status: 403, title: 'The host or origin is not allowed' },
  'route-unknown': { status: 404, title: 'There is no such route' },
  'model-unknown': { status: 404, title: 'There is no such model' },
  'corpus-unknown': { status: 404, title: 'There is no such corpus' },
  'map-unknown': { status: 404, title: 'There is no such map' },
  'calibration-unknown': { status: 404, title: 'The map has no such calibration' },
  'ensemble-unknown': { status: 404, title: 'There is no such ensemble' },
  'gallery-unknown': { status: 404, title: 'There is no such gallery' },
  'subject-unknown': { status: 404, title: 'There is no such subject' },
  'template-unknown': { status: 404, title: 'The subject has no such template' },
  'migration-unknown': { status: 404, title: 'There is no such migration' },
  'evaluation-unknown': { status: 404, title: 'There is no such evaluation' },
  'job-unknown': { status: 404, title: 'There is no such job' },
  'api-key-unknown': { status: 404, title: 'There is no such API key' },
  'method-not-allowed': { status: 405, title: 'The route does not support this method' },
  'not-acceptable': { status: 406, title: 'None of the accepted media types can be produced' },
  'request-timeout': { status: 408, title: 'The request did not arrive in time' },
  'fingerprint-mismatch': { status: 409, title: 'The template belongs to another space' },
  'map-missing': { status: 409, title: 'No active map connects the two spaces' },
  'migration-open': { status: 409, title: 'A migration of the gallery is still open' },
  'migration-not-ready': { status: 409, title: 'The migration is not ready to commit' },
  'migration-ended': { status: 409, title: 'The migration has ended' },
  'gallery-loading': { status: 503, title: 'The gallery is being read into memory' },
  'index-unavailable': { status: 409, title: 'The gallery has no index, or cannot have one' },
  'calibration-missing': { status: 409, title: 'Scores of different kinds of templates cannot be compared' },
  'threshold-unsupported': { status: 409, title: 'No threshold is available for the rate' },
  'map-exists': { status: 409, title: 'Another map has this id' },
  'map-retired': { status: 409, title: 'The map is retired' },
  'calibration-retired': { status: 409, title: 'The calibration is retired' },
  'ensemble-retired': { status: 409, title: 'The ensemble is retired' },
  'ensemble-missing': { status: 409, title: 'No active ensemble has all of the models' },
  'map-not-activated': { status: 409, title: 'The map is fitted but not active' },
  'model-exists': { status: 409, title: 'The model is registered with other properties' },
  'template-exists': { status: 409, title: 'Another template of this model has this name' },
  'idempotency-conflict': { status: 409, title: 'The idempotency key was already used for another request' },
  'model-cannot-embed': { status: 409, title: 'The model is template-only and cannot embed images' },
  'job-ended': { status: 409, title: 'The job has ended' },
  'signing-key-missing': { status: 409, title: 'The service has no signing key' },
  'precondition-failed': { status: 412, title: 'The resource has changed' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'image-too-large': { status: 413, title: 'The image has too many pixels' },
  'media-type-unsupported': { status: 415, title: 'The media type is not supported' },
  'image-unsupported': { status: 415, title: 'The bytes are not an image of a supported format' },
  'images-differ': { status: 422, title: 'The images are not of one person' },
  'image-damaged': { status: 422, title: 'The image is damaged' },
  'face-missing': { status: 422, title: 'No face was found in the image' },
  'face-unclear': { status: 422, title: 'The face in the image cannot be told clearly' },
  'quality-low': { status: 422, title: 'The face is below the minimum quality' },
  'template-missing': { status: 422, title: 'A model made no template of the face' },
  'answer-too-large': { status: 422, title: 'The answer would be too large' },
  'bundle-invalid': { status: 422, title: 'The file is not an intact bundle' },
  'template-invalid': { status: 422, title: 'A template is not valid' },
  'template-foreign': { status: 422, title: 'The templates do not look like those of their model' },
  'pairs-insufficient': { status: 422, title: 'The data do not support a fit' },
  'pairs-one-sided': { status: 422, title: 'A sample has a template under one of the models only' },
  'pairs-rank-deficient': { status: 422, title: 'The templates do not span their space' },
  'headers-too-large': { status: 431, title: 'The address and the headers are too long' },
  'rate-limited': { status: 429, title: 'The API key exceeds its rate limit' },
  'budget-exhausted': { status: 429, title: 'The API key has used up its daily budget' },
  'jobs-exhausted': { status: 429, title: 'The API key has reached its limit of jobs' },
  // The status that nginx uses. It appears only in the log and the audit, since no client is left to answer.
  'caller-left': { status: 499, title: 'The caller closed the connection before the answer' },
  'job-abandoned': { status: 500, title: 'The job was started several times and never finished' },
  'integrity-failed': { status: 500, title: 'Stored data failed the integrity check' },
  internal: { status: 500, title: 'The service failed' },
  unavailable: { status: 503, title: 'The service is not ready' },
  'database-timeout': { status: 503, title: 'The database did not finish in time' },
  overloaded: { status: 503, title: 'The service is overloaded' }
} as const satisfies Record<string, { status: number, title: string }>

export type ErrorCode = keyof typeof catalogue

/** An error meant for the client. Any other error is reported as `internal`, without its message. */
export class Problem extends Error {
  override readonly name = 'Problem'

  /**
   * @param code stable code of the catalogue
   * @param detail for the client: where, what was expected, what was received; never a template, a path or SQL
   * @param extensions further members of the problem document (RFC 9457, section 3.2)
   */
  constructor (
    readonly code: ErrorCode,
    readonly detail: string,
    readonly extensions: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions
  ) {
    super(`${code}: ${detail}`, options)
  }
}

/** The service cannot start; the message tells the operator what to change. */
export class StartupError extends Error {
  override readonly name = 'StartupError'
}

/**
 * What the operator is told about a failure: the message alone when the operator can fix it, the stack when it is a
 * bug.
 */
export function operatorMessage (error: unknown): string {
  if (error instanceof StartupError) return error.message
  if (error instanceof Problem) return error.detail
  return error instanceof Error ? error.stack ?? error.message : String(error)
}
