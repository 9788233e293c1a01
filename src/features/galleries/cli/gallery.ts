import { parseArgs } from 'node:util'
import type { Static } from 'typebox'
import { StartupError } from '../../../errors.js'
import type { Gallery } from '../schemas/gallery.js'
import type { MigrationDocument, MigrationEstimate } from '../schemas/migration.js'
import { followJob, type Job } from '../../jobs/index.js'
import { describeEstimate, describeGallery, describeMigration } from './gallery-text.js'
import { itemsOf, say, UsageError } from '../../../platform/cli/command-line.js'
import { interruptible } from '../../../platform/cli/interruption.js'
import { createProgressLine } from '../../../platform/cli/progress-line.js'
import type { ServiceClient } from '../../../platform/cli/service-client.js'
import { connectTo, serviceHelp, serviceOptions } from '../../../platform/cli/service-options.js'

export const usage = `crosswalk gallery list
crosswalk gallery migrate GALLERY --to MODEL [--from MODEL] [--map MAP] [--dry-run] [--follow] [--commit]
crosswalk gallery follow GALLERY MIGRATION [--commit]
crosswalk gallery resume GALLERY MIGRATION [--follow] [--commit]
crosswalk gallery commit GALLERY MIGRATION
crosswalk gallery rollback GALLERY MIGRATION

${serviceHelp}
  migrate     Reports what the gallery would lose, then starts a job that translates its templates. The originals are searched
              until the migration is committed. With --dry-run it only reports.
  --follow    Shows progress until the job ends. Reconnects when the connection is lost. Ctrl-C stops the display, not the
              migration: follow shows it again.
  --commit    Follows the migration, then commits it: the translated templates replace the originals, which are deleted.
              This cannot be undone.
  resume      Resumes a migration whose job was cancelled or failed.
  rollback    Rolls a migration back and deletes what it has translated.

  Exit: 0 done, 1 refused or failed, with the reason, 130 or 143 by a signal while following.
`

type Migration = Static<typeof MigrationDocument>

/** @throws StartupError with what was expected, or with the service's answer */
export async function run (args: string[]): Promise<void> {
  const [action = '', ...rest] = args
  const { values: options, positionals } = read(rest)
  const expected = {
    list: [],
    migrate: ['GALLERY'],
    follow: migration,
    resume: migration,
    commit: migration,
    rollback: migration
  }[action]
  if (expected === undefined) {
    throw new UsageError(
      `gallery: expected list, migrate, follow, resume, commit or rollback, received ${
        action === '' ? 'nothing' : JSON.stringify(action)
      }\n\n${usage}`
    )
  }
  if (positionals.length !== expected.length) {
    throw new UsageError(
      `gallery ${action}: expected ${
        expected.length === 0 ? 'nothing else' : expected.join(' and ')
      }, received ${positionals.length} arguments\n\n${usage}`
    )
  }
  if (action === 'migrate' && options.to === undefined) {
    throw new UsageError(`gallery migrate: expected --to, the model to migrate to\n\n${usage}`)
  }
  const client = await connectTo(options)
  const [gallery = '', id = ''] = positionals.map(encodeURIComponent)
  const path = `/v1/galleries/${gallery}/migrations`
  const { commit } = options

  switch (action) {
    case 'list':
      return await list(client)
    case 'commit':
    case 'rollback':
      return say(describeMigration(await client.call<Migration>('POST', `${path}/${id}/${action}`)))
    case 'follow':
      return await follow(client, path, id, id, commit)
    case 'resume': {
      const job = await client.call<Job>('POST', `${path}/${id}/resume`)
      return await followIfAsked(client, path, id, job, options)
    }
    default: {
      const order = {
        target: options.to,
        ...(options.from === undefined ? {} : { source: options.from }),
        ...(options.map === undefined ? {} : { map: options.map })
      }
      say(
        describeEstimate(await client.call<Static<typeof MigrationEstimate>>('POST', path, { ...order, dryRun: true }))
      )
      if (options['dry-run']) return
      const job = await client.call<Job>('POST', path, order)
      return await followIfAsked(client, path, job.id, job, options)
    }
  }
}

const migration = ['GALLERY', 'MIGRATION']

async function list (client: ServiceClient): Promise<void> {
  for await (const { id } of itemsOf<'galleries', { id: string }>(client, '/v1/galleries', 'galleries')) {
    say(describeGallery(await client.call<Static<typeof Gallery>>('GET', `/v1/galleries/${id}`)))
  }
}

async function followIfAsked (
  client: ServiceClient,
  path: string,
  id: string,
  job: Job,
  options: { readonly follow: boolean, readonly commit: boolean }
): Promise<void> {
  say(`migration ${id}`)
  if (options.follow || options.commit) await follow(client, path, id, job.id, options.commit)
}

/** Shows the progress of a job until it ends, then commits its migration if `commit` is set. */
async function follow (client: ServiceClient, path: string, id: string, job: string, commit: boolean): Promise<void> {
  const line = createProgressLine(process.stderr, false)
  const ended = await interruptible(async ({ signal, exitCode }) => {
    try {
      return await followJob(
        client,
        job,
        ({ progress: { fraction, done = 0, total } }) => line.update(fraction, done, total),
        signal
      ).finally(() => line.end())
    } catch (error) {
      if (exitCode() === undefined) throw error
      process.stderr.write(`the migration continues; follow it again with: crosswalk gallery follow GALLERY ${id}\n`)
      process.exitCode = exitCode()
    }
  })
  if (ended === undefined) return
  if (ended.state !== 'succeeded') {
    throw new StartupError(
      `the job ${
        ended.state === 'failed' ? `failed: ${ended.problem?.detail ?? ''}` : 'was cancelled'
      }. Resume it with: crosswalk gallery resume GALLERY ${id}`
    )
  }
  say(
    describeMigration(
      commit
        ? await client.call<Migration>('POST', `${path}/${id}/commit`)
        : await client.call<Migration>('GET', `${path}/${id}`)
    )
  )
}

function read (args: string[]) {
  const flag = { type: 'boolean', default: false } as const
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        ...serviceOptions,
        to: { type: 'string' },
        from: { type: 'string' },
        map: { type: 'string' },
        'dry-run': flag,
        follow: flag,
        commit: flag
      }
    })
  } catch (error) {
    throw new UsageError(`gallery: ${(error as Error).message}\n\n${usage}`, { cause: error })
  }
}
