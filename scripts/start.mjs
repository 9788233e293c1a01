/**
 * `npm start`: builds, then becomes the service. One process, so that a signal to npm reaches it: a shell that runs
 * several commands one after the other would end at the signal and leave the service behind.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const cwd = fileURLToPath(new URL('..', import.meta.url))
const steps = [
  ['compiling the service', ['--import', 'tsx', 'scripts/build.ts']],
  ['building the models', ['--import', 'tsx', 'scripts/build-models.ts']]
]
for (const [name, parameters] of steps) {
  console.log(`${name} …`)
  const begun = performance.now()
  const seconds = () => Math.round((performance.now() - begun) / 1000)
  // Nobody looks at a silent terminal for long.
  const timer = setInterval(() => console.log(`${name}, ${seconds()} s`), 1000)
  const [status] = await once(spawn(process.execPath, parameters, { cwd, stdio: 'inherit' }), 'exit')
  clearInterval(timer)
  if (status !== 0) process.exit(status ?? 1)
}
console.log('starting the service …')
await import(new URL('../dist/server.js', import.meta.url).href)
