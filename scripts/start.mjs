/**
 * `npm start`: builds, then becomes the service. One process, so that a signal to npm reaches it: a shell that runs
 * several commands one after the other would end at the signal and leave the service behind.
 */
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const cwd = fileURLToPath(new URL('..', import.meta.url))
const steps = [
  [createRequire(import.meta.url).resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
  ['--import', 'tsx', 'scripts/build-models.ts']
]
for (const parameters of steps) {
  const { status } = spawnSync(process.execPath, parameters, { cwd, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
await import(new URL('../dist/server.js', import.meta.url).href)
