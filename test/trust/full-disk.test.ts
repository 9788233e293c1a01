import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { startServer, programOf } from '../../bench/processes.js'
import { call } from '../support/service.js'

const server = [process.execPath, ...programOf('src/server')]

// A disk of its own, that nobody else sees: a mount in a namespace of the process.
// With the former a table finds no room, and the service goes on; with the latter the log does, and Postgres gives up.
for (const megabytes of [100, 120]) {
  test(
    `the embedded database fills a disk of ${megabytes} MB: what was acknowledged is there when it is opened with space`,
    async t => {
      if (await promisify(execFile)('unshare', ['-rm', 'true']).then(() => false, () => true)) {
        return t.skip('no mount of its own is permitted here')
      }
      const folder = await mkdtemp(join(tmpdir(), 'crosswalk-full-'))
      const [small, saved] = [join(folder, 'small'), join(folder, 'saved')]
      await mkdir(small)
      await mkdir(saved)
      const env = {
        HOST: '',
        PORT: '0',
        DATABASE_URL: '',
        EMBED_THREADS: '1',
        EXAMPLES: 'off',
        LOG_LEVEL: 'silent',
        MAX_WAIT: '60000'
      }
      const script =
        'trap "" TERM; mount -t tmpfs -o size="$SIZE"m,mode=700 none "$1" && shift && small=$1 && shift && "$@"; code=$?; cp -a "$small/." "$SAVED/"; exit $code'
      const child = spawn('unshare', ['-rm', 'bash', '-c', script, 'bash', small, small, ...server], {
        env: { ...process.env, ...env, DATA_DIR: small, SAVED: saved, SIZE: String(megabytes) },
        stdio: ['ignore', 'pipe', 'inherit'],
        detached: true
      })
      try {
        const ended = once(child, 'exit')
        const url = await new Promise<string>((resolve, reject) => {
          let output = ''
          child.stdout.on('data', (chunk: Buffer) => {
            const found = /http:\/\/[\w.:]+/.exec(output += chunk.toString())?.[0]
            if (found !== undefined) resolve(found)
          })
          child.once('exit', code => {
            reject(new Error(`it ended with ${String(code)}: ${output}`))
          })
        })
        assert.equal(
          (await call(url, 'POST', '/v1/models', {
            json: { id: 'wide', title: 'wide', version: '1', dimension: 4096 }
          })).status,
          201
        )
        const { json: { id } } = await call(url, 'POST', '/v1/corpora', { json: { name: 'full' } })
        const data = Buffer.from(Float32Array.from({ length: 4096 }, Math.random).buffer).toString('base64')
        let acknowledged = 0
        for (let upload = 0; upload < 100; upload++) {
          const templates = Array.from({ length: 100 }, (_, i) => ({ sample: `${upload}-${i}`, identity: 'x', data }))
          const answer = await call(url, 'POST', `/v1/corpora/${id}/templates?model=wide`, { json: { templates } })
            .catch(() => undefined)
          if (answer === undefined || answer.status === 503) break
          assert.equal(answer.status, 200, JSON.stringify(answer.json))
          acknowledged += 100
        }
        const goesOn = await call(url, 'GET', `/v1/corpora/${id}`).then(({ status }) => status, () => undefined)
        // It was ended by itself, or goes on and is ended here; the shell around it waits for either.
        if (goesOn !== undefined) {
          assert.equal(goesOn, 200)
          process.kill(-child.pid!, 'SIGTERM')
        }
        const [code] = await ended
        if (goesOn === undefined) assert.equal(code, 1)
        assert.ok(acknowledged > 0 && acknowledged < 10_000, `${acknowledged} templates were acknowledged`)

        const [node, ...parameters] = server
        const again = await startServer(node!, parameters, { name: 'the service', env: { ...env, DATA_DIR: saved } })
        try {
          const { status, json } = await call(again.url, 'GET', `/v1/corpora/${id}`)
          assert.equal(status, 200)
          // The upload that was not acknowledged may be there, in whole.
          assert.ok(
            [acknowledged, acknowledged + 100].includes(json.templates[0].count),
            `${json.templates[0].count} of ${acknowledged}`
          )
        } finally {
          await again.stop()
        }
      } finally {
        if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, 'SIGKILL')
        await rm(folder, { recursive: true, force: true })
      }
    }
  )
}
