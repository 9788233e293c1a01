import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { programOf } from '../../../bench/processes.js'
import { followJob, type Job } from '../../../src/features/jobs/follow-job.js'
import { createServiceClient } from '../../../src/platform/cli/service-client.js'
import { projectRoot } from '../../../src/config.js'
import { exampleMapId, examples } from '../../../src/platform/http/documented-examples.js'
import { eventually } from '../../support/eventually.js'
import { makeCorpus, slow } from '../../support/jobs.js'
import { call, startService, type RunningService } from '../../support/service.js'
import { startTcpProxy } from '../../support/tcp-proxy.js'

describe('crosswalk gallery', () => {
  let running: RunningService
  let folder: string
  let keyFile: string
  let headers: Record<string, string>
  before(async () => {
    running = await startService({ config: { apiKeysRequired: true } })
    const { key } = await running.service.access.issue({
      name: 'operator',
      scopes: ['admin', 'enrol', 'identify', 'fit']
    })
    folder = await mkdtemp(join(tmpdir(), 'crosswalk-cli-'))
    keyFile = join(folder, 'key')
    headers = { authorization: `Bearer ${key}` }
    await writeFile(keyFile, `${key}\n`)
  })
  after(async () => {
    await running.stop()
    await rm(folder, { recursive: true })
  })

  function start (
    ...args: string[]
  ): { child: ChildProcess, ended: Promise<{ code: number | null, stdout: string, stderr: string }> } {
    const child = spawn(process.execPath, [...programOf('src/cli'), 'gallery', ...args], {
      cwd: projectRoot,
      stdio: ['ignore', 'pipe', 'pipe']
    })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString()
    })
    return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr })) }
  }
  const gallery = async (...args: string[]) =>
    await start(...args, '--service', running.url, '--key-file', keyFile).ended

  async function filled (): Promise<string> {
    const { json: { id } } = await call(running.url, 'POST', '/v1/galleries', { json: { name: 'a gallery' }, headers })
    const templates = examples.pairs.map(({ sample, identity, source }) => ({
      subject: identity,
      reference: sample,
      vector: source.vector
    }))
    assert.equal(
      (await call(running.url, 'POST', `/v1/galleries/${id}/templates?model=example-a`, {
        json: { templates },
        headers
      })).status,
      200
    )
    return id
  }
  const order = ['--to', 'example-b', '--map', exampleMapId]
  const migrations = async (id: string) =>
    (await call(running.url, 'GET', `/v1/galleries/${id}/migrations`, { headers })).json.migrations

  test('migrate: reports what it would do, does it, shows its progress, and commits', async () => {
    const id = await filled()
    const tried = await gallery('migrate', id, ...order, '--dry-run')
    assert.equal(tried.code, 0, tried.stderr)
    assert.match(
      tried.stdout,
      new RegExp(
        `^templates {2}${examples.pairs.length} of example-a, to translate to example-b\nmap {8}${exampleMapId}, version \\d+, .*\ncard .*\n.*\ngallery {4}20 subjects .*rank 1 [01]\\.\\d{3} before`
      )
    )
    assert.deepEqual(await migrations(id), [])

    const done = await gallery('migrate', id, ...order, '--commit')
    assert.equal(done.code, 0, done.stderr)
    assert.match(done.stderr, new RegExp(`100 %, ${examples.pairs.length} of ${examples.pairs.length} rows`))
    const [migration] = await migrations(id)
    assert.equal(migration.state, 'committed')
    assert.equal(
      done.stdout.trimEnd().split('\n').at(-1),
      `migration ${migration.id}, example-a to example-b: ${examples.pairs.length} templates translated, committed`
    )
    const listed = await gallery('list')
    assert.match(
      listed.stdout,
      new RegExp(`${id} {2}"a gallery" {2}20 subjects {2}${examples.pairs.length} translated of example-b\n`)
    )
  })

  test('follow, rollback: a ready migration is shown, then rolled back', async () => {
    const id = await filled()
    const started = await gallery('migrate', id, ...order)
    const [{ id: migration }] = await migrations(id).then(async found =>
      found.length > 0
        ? found
        : await gallery('follow', id, started.stdout.trim().split(' ').at(-1)!).then(() => migrations(id))
    )
    assert.match(started.stdout, new RegExp(`\nmigration ${migration}\n$`))
    const followed = await gallery('follow', id, migration)
    assert.deepEqual(
      [followed.code, /ready: commit it or roll it back/.test(followed.stdout)],
      [0, true],
      followed.stderr
    )
    const second = await gallery('migrate', id, ...order)
    assert.deepEqual([second.code, second.stderr], [
      1,
      `crosswalk: migration-open: expected no open migration of the gallery, found ${migration}: commit it or roll it back\n`
    ])
    assert.match((await gallery('rollback', id, migration)).stdout, /rolled-back/)
    const late = await gallery('commit', id, migration)
    assert.deepEqual([late.code, late.stderr], [
      1,
      'crosswalk: migration-ended: expected an open migration, received one that is rolled-back\n'
    ])
  })

  test('a lost connection is restored, and a signal ends only the display', async t => {
    const corpus = await makeCorpus(running.url, { source: 'cli-a', target: 'cli-b' }, headers, slow)
    const fit = async (): Promise<string> =>
      (await call(running.url, 'POST', '/v1/maps', {
        json: { source: 'cli-a', target: 'cli-b', corpus, method: 'auto' },
        headers: { ...headers, prefer: 'respond-async' }
      })).json.id
    // One fit runs at a time, so the last one cannot end before its signal comes.
    const ahead = [await fit(), await fit(), await fit()]
    const id = await fit()
    const proxy = await startTcpProxy(running.url)
    t.after(() => proxy.stop())
    const client = await createServiceClient(proxy.url, keyFile)
    const seen: Job[] = []
    const following = followJob(client, id, job => {
      seen.push(job)
    }, new AbortController().signal)
    // The first line comes with the first event of the job.
    const { child, ended } = start('follow', 'any', id, '--service', running.url, '--key-file', keyFile)
    child.stderr!.once('data', () => child.kill('SIGINT'))
    const shown = await ended
    assert.equal(shown.code, 130, shown.stderr)
    assert.match(shown.stderr, /the migration continues; follow it again with: crosswalk gallery follow/)
    for (const job of ahead) await call(running.url, 'DELETE', `/v1/jobs/${job}`, { headers })
    proxy.set('cut')
    const before = seen.length
    await eventually('another attempt', proxy.refused)
    assert.equal(seen.length, before)
    proxy.set('open')
    const job = await following
    assert.deepEqual([job.id, job.state], [id, 'succeeded'])
    assert.ok(seen.length > before)
    await assert.rejects(followJob(client, corpus, () => {}, new AbortController().signal), /job-unknown/)
  })

  test('errors say what was expected', async () => {
    const id = await filled()
    const wrong: [string[], RegExp][] = [
      [[], /expected list, migrate, follow, resume, commit or rollback, received nothing/],
      [['burn', id], /received "burn"/],
      [['migrate', id], /expected --to/],
      [['migrate', '--to', 'example-b'], /expected GALLERY, received 0 arguments/],
      [['commit', id], /expected GALLERY and MIGRATION, received 1 arguments/],
      [['list', '--colour', 'red'], /--colour/],
      [['list', '--service', 'nowhere'], /--service: expected an address such as/],
      [['list', '--service', 'http://127.0.0.1:1'], /expected a service that answers at http:\/\/127\.0\.0\.1:1/],
      [['list', '--service', running.url], /key-missing/],
      [['list', '--key-file', join(folder, 'none')], /--key-file: expected a readable file/],
      [['migrate', id, '--to', 'nobody', '--service', running.url, '--key-file', keyFile], /model-unknown/]
    ]
    const answers = await Promise.all(wrong.map(([args]) => start(...args).ended))
    answers.forEach(({ code, stderr, stdout }, i) => {
      assert.deepEqual([code, stdout], [i < 7 ? 2 : 1, ''], wrong[i]![0].join(' '))
      assert.match(stderr, wrong[i]![1])
    })
  })
})
