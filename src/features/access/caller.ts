import type { StoredApiKey } from './api-keys-repository.js'

/**
 * Why a key is refused. `unknown` includes a wrong secret: somebody who guesses does not learn how close the guess was.
 */
export type Refusal = 'malformed' | 'unknown' | 'expired' | 'revoked'

/** The key that a call was made with. */
export type Caller = Pick<
  StoredApiKey,
  | 'id'
  | 'prefix'
  | 'name'
  | 'scopes'
  | 'translatePairs'
  | 'templatesPerDay'
  | 'requestsPerMinute'
  | 'limitsComparisons'
  | 'scores'
>
