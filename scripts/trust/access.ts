import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { startServer, programOf } from '../../bench/processes.js'
import { scopes } from '../../src/features/access/api-keys-repository.js'
import { readDocument } from './fuzz/document.js'

export interface Attempts {
  readonly operations: number
  readonly calls: number
  /** calls that were answered with anything but 401 or 403 */
  readonly letIn: readonly string[]
}

/** Calls every operation that asks for a key without one, and with every kind of key that does not do. */
export async function attemptAccess (): Promise<Attempts> {
  const folder = await mkdtemp(join(tmpdir(), 'crosswalk-access-'))
  const adminKeyFile = join(folder, 'admin-key')
  const env = { HOST: '', PORT: '0', DATABASE_URL: '', DATA_DIR: join(folder, 'data'), ADMIN_KEY_FILE: adminKeyFile, LOG_LEVEL: 'error', EMBED_THREADS: '1' }
  const server = await startServer(process.execPath, programOf('src/server'), { name: 'the service', env })
  try {
    const admin = (await readFile(adminKeyFile, 'utf8')).trim()
    const issue = async (name: string, given: readonly string[], more: object = {}) => {
      const answer = await fetch(`${server.url}/v1/api-keys`, {
        method: 'POST', headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json' }, body: JSON.stringify({ name, scopes: given, ...more })
      })
      if (answer.status !== 201) throw new Error(`a key could not be issued: ${await answer.text()}`)
      return await answer.json() as { key: string, id: string }
    }
    const revoked = await issue('revoked', scopes)
    await fetch(`${server.url}/v1/api-keys/${revoked.id}`, { method: 'DELETE', headers: { authorization: `Bearer ${admin}` } })
    const expired = await issue('expired', scopes, { expiresAt: new Date(Date.now() + 500).toISOString() })
    await setTimeout(600)
    const wrong = [undefined, 'Bearer', `Basic ${admin}`, admin, `Bearer ${admin}x`, `Bearer ${admin.slice(0, -2)}${admin.endsWith('AA') ? 'BB' : 'AA'}`,
      `Bearer ${admin.slice(0, 16)}_${randomBytes(32).toString('base64url')}`, `Bearer ${expired.key}`, `Bearer ${revoked.key}`]
    const { operations } = readDocument(await (await fetch(`${server.url}/openapi.json`)).json())
    const guarded = operations.filter(({ security = [] }) => security.length > 0)
    const letIn: string[] = []
    let calls = 0
    for (const { operationId, method, path, security = [] } of guarded) {
      const needed = security.flatMap(one => one['apiKey'] ?? [])
      const others = needed.length === 0 ? [] : [`Bearer ${(await issue('under-scoped', scopes.filter(scope => !needed.includes(scope)))).key}`]
      for (const authorization of [...wrong, ...others]) {
        // Nothing has this id: what gets past is harmless.
        const { status } = await fetch(server.url + path.replace(/\{\w+\}/g, '00000000-0000-4000-8000-ffffffffffff'), { method, ...authorization === undefined ? {} : { headers: { authorization } } })
        calls++
        if (status !== 401 && status !== 403) letIn.push(`${operationId}: ${status} with ${authorization?.slice(0, 12) ?? 'no key'}`)
      }
    }
    return { operations: guarded.length, calls, letIn }
  } finally {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
}
