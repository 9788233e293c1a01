import { setTimeout } from 'node:timers/promises'
import { createRandom } from '../../src/science/linear-algebra/random.js'
import { createWriter } from './acknowledged.js'
import { startKillableService } from './killable-service.js'

export interface Kills {
  readonly kills: number
  readonly acknowledged: number
  /** writes that were under way when the process was killed */
  readonly interrupted: number
  /** acknowledged writes that are missing or partial */
  readonly lost: readonly string[]
  /** audit records, whose chain `crosswalk audit verify` found unbroken at the end */
  readonly audited: number
}

/**
 * Kills the process with SIGKILL at random moments while it writes, restarts it on the same data, and looks for every
 * acknowledged write.
 *
 * @param on what database
 */
export async function killRepeatedly (kills: number, on: 'embedded' | 'postgres', seed = 1): Promise<Kills> {
  const random = createRandom(seed)
  const service = await startKillableService(on)
  try {
    // Several writers, so that transactions conflict.
    const writers = [1, 2, 3].map(k => createWriter(() => service.url, 100 * seed + k))
    for (const writer of writers) await writer.prepare()
    const lost: string[] = []
    for (let kill = 0; kill < kills; kill++) {
      const writing = Promise.all(writers.map(writer => writer.writeUntilGone()))
      await Promise.race([writing, setTimeout(100 + random.integer(1500))])
      await service.kill()
      await writing
      await service.start()
      for (const writer of writers) lost.push(...await writer.lost())
    }
    await service.stop()
    const audited = await service.verifyAudit()
    const sum = (count: 'acknowledged' | 'interrupted') =>
      writers.reduce((total, writer) => total + writer.counts[count], 0)
    return { kills, acknowledged: sum('acknowledged'), interrupted: sum('interrupted'), lost, audited }
  } finally {
    await service.close()
  }
}
