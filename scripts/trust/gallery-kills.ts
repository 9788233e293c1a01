import { setTimeout } from 'node:timers/promises'
import { createRandom, type Random } from '../../src/science/linear-algebra/random.js'
import { ApiError, call, postJson } from '../running-service.js'
import { startKillableService, type KillableService } from './killable-service.js'
import { createMovingGallery, registerSpaces, spaces, type MovingGallery } from './moving-gallery.js'

export interface GalleryKills {
  /** of the process, while a gallery is translated, at its commit, and after it */
  readonly kills: { readonly translating: number, readonly committing: number, readonly purging: number }
  readonly migrations: number
  /** searches between the kills, each compared with the one before the migration or the one after it */
  readonly searches: number
  /** of the galleries at the end, each looked at in the database */
  readonly templates: number
  readonly wrong: readonly string[]
  /** audit records, whose chain `crosswalk audit verify` found unbroken at the end */
  readonly audited: number
}

interface Job {
  readonly id: string
  readonly state: string
  readonly attempts: number
}
interface Migration {
  readonly id: string
  readonly state: string
  readonly purged: boolean
}

/** Kills of the process at the commit of one migration, at most. */
const mostAtCommit = 3
const patience = 300_000

/**
 * Migrates galleries that change meanwhile, kills the process with SIGKILL again and again until each is translated and
 * committed, and checks that every template is there once.
 *
 * @param kills at least so many, of which two are at each commit or after it
 * @param people of a gallery, with two templates each
 */
export async function killMigrations (
  kills: number,
  on: 'embedded' | 'postgres',
  { seed = 1, people = 10_000 }: { readonly seed?: number, readonly people?: number } = {}
): Promise<GalleryKills> {
  const service = await startKillableService(on, { JOB_LEASE: '2' })
  const done = {
    kills: { translating: 0, committing: 0, purging: 0 },
    migrations: 0,
    searches: 0,
    templates: 0,
    wrong: [] as string[]
  }
  const killed = () => Object.values(done.kills).reduce((sum, count) => sum + count, 0)
  try {
    await registerSpaces(service.url)
    const random = createRandom(seed)
    while (killed() < kills) {
      const gallery = await createMovingGallery(() => service.url, people, 1000 * seed + done.migrations)
      const run = createRun(service, gallery, random, done)
      await run.translate(kills - killed() - 2)
      await run.commit(Math.max(1, Math.min(mostAtCommit, kills - killed() - 1)))
      await run.inspect()
      done.migrations++
      if (killed() < kills) await service.start()
    }
    await service.stop()
    return { ...done, audited: await service.verifyAudit() }
  } finally {
    await service.close()
  }
}

/** The migration of one gallery. */
function createRun (
  service: KillableService,
  gallery: MovingGallery,
  random: Random,
  done: {
    kills: Record<'translating' | 'committing' | 'purging', number>
    searches: number
    templates: number
    wrong: string[]
  }
) {
  const address = (path: string) => service.url + path
  let migration: string
  let before: Awaited<ReturnType<MovingGallery['search']>>
  let translations: ReadonlyMap<string, Float32Array>

  const migrationNow = async () => await call<Migration>(address(`${gallery.path}/migrations/${migration}`))

  async function dieAt (
    moment: keyof typeof done.kills,
    most: number,
    meanwhile: () => Promise<unknown>
  ): Promise<void> {
    const working = meanwhile()
    // Early, so that it is not finished on a fast machine.
    await setTimeout(random.next() ** 2 * most)
    await service.kill()
    await working
    done.kills[moment]++
    await service.start()
  }

  async function searchAsBefore (): Promise<void> {
    const found = await gallery.search()
    done.searches++
    if (found.candidates.join() !== before.candidates.join()) {
      done.wrong.push(
        `a search before the commit found ${found.candidates.join('; ')}, not ${before.candidates.join('; ')}`
      )
    }
  }

  /** @returns whether the templates are translated; false when another attempt to translate them has begun */
  async function translatedOrBegun (job: string, attempts: number): Promise<{ ready: boolean, job: Job }> {
    for (const until = Date.now() + patience; Date.now() < until; await setTimeout(20)) {
      const now = await call<Job>(address(`/v1/jobs/${job}`))
      if (now.state === 'succeeded') return { ready: true, job: now }
      // Killed three times without a page in between, the job is abandoned and resumes on request.
      if (now.state === 'failed') {
        return {
          ready: false,
          job: await call<Job>(address(`${gallery.path}/migrations/${migration}/resume`), { method: 'POST' })
        }
      }
      if (now.attempts > attempts) return { ready: false, job: now }
    }
    throw new Error(`the migration was not resumed within ${patience / 1000} s`)
  }

  return {
    /** Translates, killed until all is translated, or so many times. */
    async translate (most: number): Promise<void> {
      before = await gallery.search()
      translations = await gallery.translateSome()
      let job = await call<Job>(address(`${gallery.path}/migrations`), postJson({ target: spaces.target.id }))
      migration = job.id
      for (let kills = 0;; kills++) {
        if (kills < most) await dieAt('translating', 1000, () => gallery.changeUntilGone())
        await searchAsBefore()
        const now = await translatedOrBegun(job.id, job.attempts)
        if (now.ready) return
        job = now.job
      }
    },

    /** Commits, killed at it, and after it. */
    async commit (kills: number): Promise<void> {
      let state = 'ready'
      let acknowledged = false
      // A commit translates what has come since the migration was ready.
      await gallery.change()
      for (let kill = 0; kill < kills && state === 'ready'; kill++) {
        await dieAt('committing', 150, async () => {
          await call(address(`${gallery.path}/migrations/${migration}/commit`), { method: 'POST' }).then(() => {
            acknowledged = true
          }, refused)
        })
        state = (await migrationNow()).state
        if (acknowledged && state !== 'committed') {
          done.wrong.push(`the commit was acknowledged, but the migration is ${state}`)
        }
        if (state === 'ready') await searchAsBefore()
      }
      if (state === 'running') {
        // Killed while it translated what came since it was ready.
        const { id } = await call<Job>(address(`${gallery.path}/migrations/${migration}/resume`), { method: 'POST' })
        for (let attempts = 0;;) {
          const { ready, job } = await translatedOrBegun(id, attempts)
          if (ready) break
          attempts = job.attempts
        }
      }
      await call(address(`${gallery.path}/migrations/${migration}/commit`), { method: 'POST' })
      const after = await gallery.search()
      if (after.provenance.join() !== `${spaces.target.id} translated`) {
        done.wrong.push(`a search after the commit found ${after.provenance.join(', ')}`)
      }
      await dieAt('purging', 150, async () => {})
      const again = await gallery.search()
      done.searches += 2
      if (again.candidates.join() !== after.candidates.join()) {
        done.wrong.push(
          `a search after the commit found ${again.candidates.join('; ')}, not ${after.candidates.join('; ')}`
        )
      }
    },

    /** Inspects the gallery once nothing is left to delete. The service is stopped afterwards. */
    async inspect (): Promise<void> {
      for (const until = Date.now() + patience; !(await migrationNow()).purged; await setTimeout(50)) {
        if (Date.now() > until) throw new Error('the originals were not deleted')
      }
      await service.stop()
      const { count, wrong } = await gallery.inspect(service.database, migration, translations)
      done.templates += count
      done.wrong.push(...wrong)
    }
  }
}

/** A lost connection is not an answer. @throws ApiError what the service has refused */
function refused (error: unknown): void {
  if (error instanceof ApiError) throw error
}
