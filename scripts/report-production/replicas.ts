import { figure } from '../../bench/rounds.js'
import { markdownTable, type Section } from '../../bench/section.js'
import { lost } from '../trust/callers.js'
import { killRepeatedly } from '../trust/kills.js'
import { restartReplicas } from '../trust/rolling.js'

const [kills, rounds] = [20, 2]

/** Replicas that are killed and restarted: acknowledged writes that are missing, and calls without a right answer. */
export async function reportReplicas ({ log }: { log(line: string): void }): Promise<Section> {
  const killed = await killRepeatedly(kills, 'postgres')
  log(`  ${killed.kills} kills, ${killed.acknowledged} writes acknowledged, ${killed.lost.length} lost or partial`)
  const { restarts, answered } = await restartReplicas(rounds)
  const statuses = Object.entries(answered.statuses)
  log(`  ${restarts} restarts, ${lost(answered)} calls dropped`)
  const atMost = { sense: 'at-most' as const }
  return {
    title: 'Replicas',
    figures: [
      { ...figure('acknowledged writes lost or partial', [killed.lost.length], 0), ...atMost },
      { ...figure('calls without an answer during restarts', [lost(answered)], 0), ...atMost }
    ],
    markdown: [
      'A replica on a Postgres server is killed by SIGKILL at random moments while three callers write, and what was ' +
      'acknowledged is looked for by the next one. Two replicas behind a proxy that never retries are restarted in ' +
      'turn under load. `npm run trust -- --only kills,rolling` does the same for longer.',
      markdownTable(
        ['', 'count'],
        [
          ['kills', String(killed.kills)],
          ['writes acknowledged', String(killed.acknowledged)],
          ['writes under way at a kill', String(killed.interrupted)],
          ['records of the audit, in an unbroken chain', String(killed.audited)],
          ['restarts', String(restarts)],
          ...statuses.map(([status, count]) => [`calls answered with ${status} during them`, String(count)])
        ]
      )
    ].join('\n\n')
  }
}
