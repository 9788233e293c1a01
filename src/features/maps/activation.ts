import { Problem } from '../../errors.js'
import type { Session } from '../../platform/database/database.js'
import { keyHasScope } from '../access/index.js'
import { appendRecords } from '../audit/index.js'
import type { createMapRepository, StoredMap } from '../catalogue/index.js'
import type { JobOrigin } from '../jobs/index.js'

/** The request that a map serve as soon as it is fitted. */
export interface Activation {
  /** Whether a map whose card says `unfit` may serve, too. */
  readonly evenUnfit: boolean
  /** The call that requested it. */
  readonly origin: Pick<JobOrigin, 'request' | 'key'>
  /** Id of the job that the call became. */
  readonly job?: string
}

/**
 * Activates fitted maps on behalf of the call that requested the fit, within the transaction that stores the map or
 * ends its job. Nobody has seen the card, so its verdict decides; a key that was revoked during the fit no longer
 * authorises anything.
 *
 * @param audited whether activations are recorded, like those of `activateMap`
 */
export function createActivation (
  repository: Pick<ReturnType<typeof createMapRepository>, 'activateWithin'>,
  audited: boolean
) {
  /** @returns why the map stays `fitted`; undefined when it serves */
  return async function activate (
    session: Session,
    map: StoredMap,
    activation: Activation
  ): Promise<Problem | undefined> {
    const { origin: { request, key }, job } = activation
    const refused = refusalOfCard(map, activation)
    if (refused !== undefined) return refused
    if (key !== null && !await keyHasScope(session, key.id, 'admin')) {
      return notActivated(
        map,
        'the API key that requested it has been revoked or has expired, or lacks the scope "admin"'
      )
    }
    if (map.state === 'retired') return notActivated(map, 'it has been retired')
    await repository.activateWithin(session, map.id)
    if (audited) {
      await appendRecords(session, [{
        at: new Date().toISOString(),
        request,
        key,
        operation: 'activateMap',
        phase: 'ended',
        params: { id: map.id },
        ...job === undefined ? {} : { job },
        maps: [map.id]
      }])
    }
    return undefined
  }
}

export type Activate = ReturnType<typeof createActivation>

/** Why the card alone keeps a map from serving. */
export function refusalOfCard (map: StoredMap, { evenUnfit }: Pick<Activation, 'evenUnfit'>): Problem | undefined {
  if (evenUnfit || map.card.verdict === undefined || map.card.verdict.verdict !== 'unfit') return undefined
  return notActivated(
    map,
    `its card says "unfit": ${map.card.verdict.reasons.join(' ')} Use "activateUnfit" to activate it anyway`
  )
}

function notActivated ({ id, version, source, target, card }: StoredMap, reason: string): Problem {
  return new Problem(
    'map-not-activated',
    `map ${id} from "${source.model}" to "${target.model}" is fitted but not active: ${reason}. ` +
      `Read /v1/maps/${id}/card; POST /v1/maps/${id}/activate activates it`,
    { map: { id, version, source: source.model, target: target.model }, verdict: card.verdict?.verdict ?? null }
  )
}
