import type { Logger } from 'pino'
import type { OnClose } from '../../closers.js'
import type { Database } from '../../platform/database/database.js'
import { gauges, type Measures } from '../../platform/measures.js'
import type { Webhook } from '../../platform/webhook.js'
import { type Catalogue, type CatalogueStore, spaceProfilesChanged } from '../catalogue/index.js'
import { createDrift } from './drift.js'
import { createGuard, type GuardMode } from './guard.js'
import { createMeasurer } from './measurer.js'
import { createProfiles } from './profiles.js'
import { createShortness } from './shortness.js'

/** @param threads worker threads that measure large batches */
export async function createGuardFeature (
  { database, store, catalogue, mode, threads, measures, webhook, log, onClose }: {
    database: Database
    store: Pick<CatalogueStore, 'profiles'>
    catalogue: Catalogue
    mode: GuardMode
    threads: number
    measures: Pick<Measures, 'registry' | 'guarded' | 'drifted'>
    webhook: Pick<Webhook, 'raise'> | undefined
    log: Logger
    onClose: OnClose
  }
) {
  const measurer = createMeasurer({ threads })
  onClose(() => measurer.close())
  const profiles = createProfiles(store.profiles, measurer)
  const refresh = () => {
    profiles.refresh().catch((error: unknown) => log.error({ err: error }, 'could not read the profiles of the guard'))
  }
  onClose(await database.listen(spaceProfilesChanged, refresh))
  await profiles.refresh()
  const drift = createDrift(({ model, falseAlarmRate }) => {
    measures.drifted(model)
    log.warn(
      { model, falseAlarmRate },
      'templates of this model look unlike it more often than the guard raises false alarms: has the model changed, or ' +
        'does a client send those of another?'
    )
    webhook?.raise({ type: 'crosswalk.drift.templates', subject: model, data: { model, falseAlarmRate } })
  })
  gauges(
    measures.registry,
    {
      name: 'crosswalk_guard_drift_evidence',
      help: 'Evidence that templates of a model have begun to look unlike it; 1 is an alarm.',
      labels: ['model']
    },
    async () => drift.evidence().map(({ model, evidence }) => [{ model }, evidence])
  )
  return {
    guard: createGuard(mode, catalogue, profiles, measurer, createShortness(catalogue, measurer), measures, drift),
    profiles,
    measurer
  }
}
