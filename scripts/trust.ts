/**
 * What the service promises about safety, measured:
 *
 *   npm run trust -- [--only access,bundles,fuzz,galleries,hangups,junk,kills,oracles,overload,rolling,soak] [--aborts
 *   10000] [--kills 100] [--bodies 100000] [--minutes 10] [--seed 1] [--max-wait 20]
 */
import { parseArgs } from 'node:util'
import { killAll } from '../bench/processes.js'
import type { Served } from './trust/arrivals.js'
import { lost, type Answered } from './trust/callers.js'
import { attemptAccess } from './trust/access.js'
import { tamperWithBundles } from './trust/bundles.js'
import { fuzz } from './trust/fuzz/run.js'
import { killMigrations } from './trust/gallery-kills.js'
import { hangUp } from './trust/hang-ups.js'
import { sendJunk } from './trust/junk.js'
import { killRepeatedly } from './trust/kills.js'
import { attackOracles } from './trust/oracles.js'
import { measureOverload } from './trust/load.js'
import { restartReplicas } from './trust/rolling.js'
import { soak } from './trust/soak.js'

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    aborts: { type: 'string', default: '10000' },
    kills: { type: 'string', default: '100' },
    bodies: { type: 'string', default: '100000' },
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    'max-wait': { type: 'string', default: '' }
  }
})

const parts: Readonly<Record<string, () => Promise<void>>> = {
  async access () {
    const { operations, calls, granted, outsidePairs, foreignRows } = await attemptAccess()
    console.log(
      `Access: ${operations} operations called without a key, with wrong, expired and revoked keys, and with every ` +
        `scope but their own, ${calls} calls; admitted: ${granted.length}`
    )
    console.log(
      `Pairs: ${outsidePairs.calls} translations, verifications and searches of all pairs of models with a key for ` +
        `one pair; not answered as the key allows: ${outsidePairs.granted.length}`
    )
    console.log(
      `Rows of other keys that could be read: ${foreignRows.granted.length} in ${foreignRows.calls} calls for jobs ` +
        `of another key and for its resources under the same idempotency key`
    )
    for (const line of [...granted, ...outsidePairs.granted, ...foreignRows.granted]) console.log(`  ${line}`)
  },
  async bundles () {
    const { tampered, accepted } = await tamperWithBundles()
    console.log(
      `Bundles: ${tampered} tampered with (of every shipped map, each byte of the head and many of the rest); ` +
        `accepted: ${accepted}`
    )
  },
  async fuzz () {
    const { seed, statuses, faults, slowest, resident } = await fuzz({
      seed: Number(values.seed),
      perOperation: 100,
      until: Date.now() + Number(values.minutes) * 60_000
    })
    const count = (least: number, most: number) =>
      Object.entries(statuses).reduce(
        (sum, [status, n]) => Number(status) >= least && Number(status) <= most ? sum + n : sum,
        0
      )
    console.log(
      `Fuzz: ${count(0, 999)} requests with seed ${seed}, ${count(200, 399)} taken, ${count(400, 499)} refused, ${
        count(500, 599)
      } answered with 5xx; ` +
        `faults: ${faults.length}; slowest ${slowest.milliseconds} ms; resident memory ${
          resident.join(' MB, then ')
        } MB`
    )
    for (const fault of faults) console.log(`  ${fault}`)
    console.log(`<!-- slowest: ${slowest.request} -->`)
  },
  async galleries () {
    for (const on of ['embedded', 'postgres'] as const) {
      const { kills, migrations, searches, templates, wrong, audited } = await killMigrations(
        Number(values.kills) / 2,
        on,
        { seed: Number(values.seed) }
      )
      console.log(
        `Galleries with the database ${on}: ${kills.translating} kills during the translation of ${migrations} ` +
          `galleries, ${kills.committing} at their commits, ${kills.purging} after them; ` +
          `${templates} templates and ${searches} searches checked; wrong: ${wrong.length}; ${audited} audit ` +
          `records in an unbroken chain`
      )
      for (const line of wrong.slice(0, 5)) console.log(`  ${line}`)
    }
  },
  async hangups () {
    const { operations, aborted, held, unanswered } = await hangUp({
      atLeast: Number(values.aborts),
      moments: [0, 2, 8, 30],
      everyBody: true
    })
    const stages = Object.entries(aborted)
    console.log(
      `Hang-ups: ${operations} operations, ${
        stages.reduce((sum, [, count]) => sum + count, 0)
      } connections closed during them by FIN and by RST, ` +
        `${
          stages.map(([stage, count]) => `${count} ${stage}`).join(', ')
        }; operations that held something afterwards: ${held.length}; not answered afterwards: ${unanswered.length}`
    )
    for (const line of [...held, ...unanswered].slice(0, 5)) console.log(`  ${line}`)
  },
  async junk () {
    const { sent, accepted, good } = await sendJunk({ bodies: Number(values.bodies), seed: Number(values.seed) })
    console.log(
      `Junk: accepted bodies with junk at boundaries (${accepted.length} of ${
        sent.toLocaleString('en')
      }); the same bodies without junk accepted (${good} of ${good})`
    )
    for (const line of accepted.slice(0, 5)) console.log(`  ${line}`)
  },
  async kills () {
    for (const on of ['embedded', 'postgres'] as const) {
      const { kills, acknowledged, interrupted, lost, audited } = await killRepeatedly(Number(values.kills) / 2, on)
      console.log(
        `Kills with the database ${on}: ${kills} of the process, ${acknowledged} writes acknowledged, ` +
          `${interrupted} interrupted; lost or partial: ${lost.length}; ${audited} audit records in an unbroken chain`
      )
      for (const line of lost.slice(0, 5)) console.log(`  ${line}`)
    }
  },
  async oracles () {
    console.log('Oracles: what a caller with one scope can read, one number per call\n')
    console.log('| key and attack | calls | agreement with the truth | largest error |\n|---|---|---|---|')
    for (const { name, calls, agreement, error } of await attackOracles()) {
      console.log(
        `| ${name} | ${calls} | ${agreement === null ? 'nothing read' : agreement.toFixed(3)} | ${
          error === undefined ? '' : error.toExponential(1)
        } |`
      )
    }
  },
  async overload () {
    console.log(
      'Overload: requests that arrive at random; latencies are of admitted requests, from the time they were due\n'
    )
    console.log(
      '| | saturating | p99 at a fifth | p99 at twice | ratio | admitted | rejected | neither |\n' +
        '|---|---|---|---|---|---|---|---|'
    )
    for (const { name, saturating, unloaded, overloaded } of await measureOverload(15, values['max-wait'])) {
      const [few, many] = [unloaded.latency.p99, overloaded.latency.p99]
      console.log(
        `| ${name} | ${saturating.toFixed(0)}/s | ${few.toFixed(1)} ms | ${many.toFixed(1)} ms | ${
          (many / few).toFixed(2)
        } | ` +
          `${overloaded.statuses[200] ?? 0} | ${overloaded.statuses[503] ?? 0} | ${
            lost({ statuses: { ...overloaded.statuses }, odd: [] })
          } |`
      )
      console.log(`<!-- ${describe('unloaded', unloaded)}; ${describe('overloaded', overloaded)} -->`)
    }
  },
  async rolling () {
    const { restarts, answered } = await restartReplicas(2)
    console.log(
      `Rolling restart: ${restarts} restarts of two replicas behind a proxy, ${statuses(answered)}; dropped: ${
        lost(answered)
      }`
    )
    for (const line of answered.odd) console.log(`  ${line}`)
  },
  async soak () {
    const { minutes, answered, resident } = await soak(Number(values.minutes))
    console.log(
      `Soak: ${minutes} minutes of overload, ${statuses(answered)}; lost: ${
        lost(answered)
      }; resident memory by tenths: ${resident.join(', ')} MB`
    )
    for (const line of answered.odd) console.log(`  ${line}`)
  }
}

const describe = (name: string, { statuses, latency, lateness }: Served) =>
  `${name}: ${JSON.stringify(statuses)}, p50 ${latency.p50.toFixed(1)} ms, sent late by ${
    lateness.p99.toFixed(1)
  } ms (p99)`

const statuses = ({ statuses }: Answered) =>
  Object.entries(statuses).map(([status, count]) => `${count} answered with ${status}`).join(', ')

const names = values.only?.split(',') ?? Object.keys(parts)
const unknown = names.filter(name => parts[name] === undefined)
if (unknown.length > 0) {
  console.error(`--only: expected any of ${Object.keys(parts).join(', ')}, received ${unknown.join(', ')}`)
  process.exit(2)
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    killAll()
    process.exit(1)
  })
}
for (const name of names) await parts[name]!()
