import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from './eventually.js'
import { administer, freePort } from './postgres-server.js'

/** Why there is no pooler to try; false when there is one. */
export const withoutPooler: string | false = (() => {
  try {
    execFileSync('pgbouncer', ['--version'], { stdio: 'ignore' })
    return false
  } catch {
    return 'needs pgbouncer, which is not installed'
  }
})()

/**
 * PgBouncer before a database, with its settings as installed but for the mode.
 * @param databaseUrl of a server on 127.0.0.1
 * @returns the address of the database through the pooler
 */
export async function startPooler (
  databaseUrl: string,
  mode: 'session' | 'transaction'
): Promise<{ readonly url: string, stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'crosswalk-pgbouncer-'))
  await chmod(folder, 0o755)
  const server = new URL(databaseUrl)
  const port = await freePort()
  const name = server.pathname.slice(1)
  await writeFile(
    join(folder, 'pgbouncer.ini'),
    `[databases]
${name} = host=127.0.0.1 port=${server.port} user=${server.username} password=${server.password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
max_client_conn = 200
default_pool_size = 40
`
  )
  const child = spawn('pgbouncer', [
    ...process.getuid?.() === 0 ? ['-u', 'nobody'] : [],
    join(folder, 'pgbouncer.ini')
  ], { stdio: 'ignore' })
  const url = `postgres://any@127.0.0.1:${port}/${name}`
  await eventually('an answer of pgbouncer', () => administer(url, 'SELECT 1').catch(() => undefined))
  return {
    url,
    async stop () {
      child.kill('SIGTERM')
      if (child.exitCode === null) await once(child, 'exit')
      await rm(folder, { recursive: true })
    }
  }
}
