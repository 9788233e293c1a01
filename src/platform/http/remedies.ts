import type { ErrorCode } from '../../errors.js'

/**
 * What a client can do about each problem, for /problems/{code} and docs/errors.md. Sentences in Markdown's plainest
 * form.
 */
export const remedies: Readonly<Record<ErrorCode, string>> = {
  'request-invalid': 'Correct the parameter or member that `detail` names; `/openapi.json` has the schema.',
  'body-invalid': 'Send a body that parses: `detail` says which part of it does not.',
  'key-missing': 'Send `Authorization: Bearer cw_…` with a key of this service.',
  'key-invalid': 'Use a key that is known, not revoked and not expired; an `admin` key issues new ones.',
  'scope-missing': 'Use a key with the scope that `detail` names, or have one issued.',
  'pair-forbidden':
    'Use a key whose pairs include these models; for comparisons within one model, the pair names that model twice.',
  'scores-withheld': 'Use a key that sees scores, or ask for decisions with `POST /v1/verifications`.',
  'images-differ': 'Send images of one person; `images` of an answer says of single ones that they were left out.',
  'bundle-untrusted':
    'Put the public key of the exporting service into `TRUSTED_KEYS_DIR` if you trust it, and restart.',
  'origin-refused':
    'Call the service at an address that it listens on; a page in a browser needs its origin in `CORS_ORIGINS`.',
  'route-unknown': 'Look the path up in `/openapi.json`.',
  'model-unknown': 'Use an id from `GET /v1/models`, or register the model.',
  'corpus-unknown': 'Use an id from `GET /v1/corpora`.',
  'calibration-unknown': 'Use an id from `GET /v1/maps/{id}/calibrations`.',
  'map-unknown': 'Use an id from `GET /v1/maps`.',
  'ensemble-unknown': 'Use an id from `GET /v1/ensembles`.',
  'gallery-unknown': 'Use an id from `GET /v1/galleries`.',
  'template-unknown': 'Use a model and a name from `GET /v1/galleries/{id}/subjects/{subject}`.',
  'subject-unknown': 'Enrol the subject first, or use a name from `GET /v1/galleries/{id}/subjects`.',
  'migration-unknown': 'Use an id from `GET /v1/galleries/{id}/migrations`.',
  'evaluation-unknown': 'Use an id from `GET /v1/evaluations`.',
  'job-unknown':
    'Use an id from `GET /v1/jobs`; jobs of other keys are visible to `admin` only, ended jobs for 30 days.',
  'api-key-unknown': 'Use an id from `GET /v1/api-keys`.',
  'method-not-allowed': 'Use a method listed in the `Allow` header.',
  'not-acceptable': 'Accept one of the media types that `detail` names.',
  'request-timeout': 'Send the request again, faster or in smaller parts.',
  'fingerprint-mismatch':
    'The model has changed since the template was made: translate the template with one of the maps listed, or ' +
    'omit the fingerprint if you are sure.',
  'map-missing':
    'Activate one of the fitted maps listed, compose one along a listed route, or fit one with `POST /v1/maps`.',
  'migration-open': 'Commit or roll back the open migration first.',
  'migration-not-ready': 'Wait for the job of the migration to finish, or resume it.',
  'migration-ended': 'Start another migration.',
  'gallery-loading':
    'Repeat the search after `Retry-After`; the gallery is then searched in memory. Ready indexes answer meanwhile.',
  'index-unavailable': 'Search exactly, or index a gallery on a database with pgvector, or with a Qdrant beside it.',
  'calibration-missing': 'Fit and activate a map between the models of the gallery, or search without a threshold.',
  'ensemble-retired': 'Activate another ensemble, or fit one; a retired one never serves again.',
  'ensemble-missing':
    'Activate an ensemble of these models whose maps are active, fit one with `POST /v1/ensembles`, or send one ' +
    'template a side.',
  'map-not-activated':
    'The map is stored. Read its card, then activate it with `POST /v1/maps/{id}/activate` if it is good enough, or fit again with `activateUnfit`.',
  'threshold-unsupported':
    'Ask for a higher `fpir`, or search with `"belowThreshold": true` and judge the candidates yourself.',
  'map-exists': 'Nothing to do if it is the same map; otherwise export and import under another id.',
  'calibration-retired': 'Activate another calibration of the map, or make one; a retired one never serves again.',
  'map-retired': 'Use the active map of the pair; a retired map never serves again.',
  'model-exists': 'Register it under another id or version.',
  'template-exists': 'Delete the template or the subject first, or use another name.',
  'idempotency-conflict': 'Use a new `Idempotency-Key` for another request.',
  'model-cannot-embed': 'Use one of the models that `detail` names, or send a template.',
  'job-ended': 'Nothing to do: the job has ended.',
  'signing-key-missing': 'Set `SIGNING_KEY_FILE` and restart.',
  'precondition-failed': 'Read the resource again, decide on its present state, and send its new `ETag`.',
  'body-too-large': 'Send less at once, or stream: binary bodies of translations have a larger limit.',
  'image-too-large': 'Scale the image down, or raise `IMAGE_MAX_PIXELS`.',
  'media-type-unsupported': 'Send one of the media types that `/openapi.json` names for the operation.',
  'image-unsupported': 'Convert the image to one of the formats that `detail` names.',
  'image-damaged': 'Send the whole file.',
  'template-missing':
    'Send another image: this one shows too little, as a black image does. Or omit the models listed in `models`.',
  'face-missing':
    'Send a photograph with a face that is large and bright enough, or an aligned crop with `aligned=true`.',
  'face-unclear':
    'Send a photograph in which the face is upright, uncovered and sharp, or an aligned crop with `aligned=true`.',
  'quality-low':
    'Send a better photograph: `failed` has each measure beyond its limit, with both. Or send a lower `minQuality`; limits ' +
    'of the service are set by `MIN_QUALITY`.',
  'bundle-invalid': 'Export the bundle again: its bytes were changed on the way.',
  'template-invalid': 'Send finite numbers, as many as the model has dimensions, not all zero.',
  'answer-too-large': 'Send fewer probes at once, or ask for fewer candidates; `detail` has the limit.',
  'template-foreign': 'Check which model made the template; `detail` names the likelier one.',
  'pairs-insufficient': 'Add samples, and identities with two images or more.',
  'pairs-one-sided': 'Give every sample a template under both models.',
  'pairs-rank-deficient': 'Add samples, or choose `ridge` or `auto`.',
  'headers-too-large': 'Shorten the address and the headers.',
  'rate-limited': 'Wait as long as `Retry-After` says.',
  'jobs-exhausted': 'Wait for one of the jobs of the key to end, or cancel one.',
  'budget-exhausted': 'Wait until the budget is reset, as `Retry-After` says, or have it raised.',
  'caller-left':
    'No caller receives it: the log, the audit and the metrics use it for calls whose callers closed the connection.',
  'job-abandoned': 'Ask an operator to check the log: the job ended its process each time.',
  'integrity-failed':
    'The database was changed from outside, or encryption was introduced and `crosswalk encryption apply` has not ' +
    'run: see docs/encryption.md. Other corpora and galleries are not affected.',
  internal: 'Report the `requestId`: the failure is logged under it.',
  unavailable: 'Try again after `Retry-After`; `/health/ready` says what is missing.',
  'database-timeout':
    'Request less at once, or try again after `Retry-After`; the operator finds the statement in the log.',
  overloaded: 'Try again after `Retry-After`, with fewer requests at once.'
}
