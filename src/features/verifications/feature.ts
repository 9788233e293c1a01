import type { Logger } from 'pino'
import { gauges, type Measures, scoreMetric } from '../../platform/measures.js'
import type { Webhook } from '../../platform/webhook.js'
import type { Catalogue } from '../catalogue/index.js'
import type { EmbedLargest } from '../embeddings/index.js'
import type { Translator } from '../translations/index.js'
import { createScoreDrift } from './score-drift.js'
import { createVerification } from './verification.js'

export function createVerificationsFeature (
  { catalogue, embedLargest, translator, defaultModel, measures, webhook, log }: {
    catalogue: Catalogue
    embedLargest: EmbedLargest
    translator: Translator
    defaultModel: string
    measures: Pick<Measures, 'registry' | 'scored' | 'scoresDrifted'>
    webhook: Pick<Webhook, 'raise'> | undefined
    log: Logger
  }
) {
  const drift = createScoreDrift(pair => {
    measures.scoresDrifted(pair)
    log.warn(
      { ...pair },
      'scores of verifications of these models are no longer those of their calibration: has a model changed, or do ' +
        'the photographs differ from those of the calibration?'
    )
    webhook?.raise({ type: 'crosswalk.drift.scores', subject: `${pair.probe} ${pair.reference}`, data: { ...pair } })
  })
  gauges(
    measures.registry,
    {
      name: `${scoreMetric}_drift_evidence`,
      help:
        'Evidence that scores of verifications have begun to look unlike those of the calibration; 1 is an alarm. ' +
        'Shown to callers who may know exact scores.',
      labels: ['probe', 'reference']
    },
    async () => drift.evidence().map(({ subject, evidence }) => [{ ...subject }, evidence])
  )
  return { verify: createVerification(catalogue, embedLargest, translator, defaultModel, measures, drift) }
}
