import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { bytesOfFloat32 } from '../../src/science/template/float32.js'
import { programOf } from '../../bench/processes.js'
import { projectRoot } from '../../src/config.js'
import type { TemplateMatrix } from '../../src/science/linear-algebra/matrix.js'
import { createRandom } from '../../src/science/linear-algebra/random.js'

/** Rows that are templates of no model in particular; the same for the same seed. */
export function randomRows (rows: number, cols: number, seed = 1): TemplateMatrix {
  const random = createRandom(seed)
  return { rows, cols, data: Float32Array.from({ length: rows * cols }, () => random.next() - 0.5) }
}

export const rawBytes = ({ data }: TemplateMatrix): Buffer => bytesOfFloat32(data)

interface RunningCommand {
  readonly child: ChildProcess
  readonly ended: Promise<{ code: number | null, stdout: string, stderr: string }>
}

/** A command of `crosswalk`, as a process that a test may end. */
export function startCommand (
  args: readonly string[],
  env: Readonly<Record<string, string>> = {}
): RunningCommand {
  const child = spawn(process.execPath, [...programOf('src/cli'), ...args], {
    cwd: projectRoot,
    env: { ...process.env, MAPS_DIR: '', TRUSTED_KEYS_DIR: '', TRANSLATE_THREADS: '', ...env },
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

export const startMigration = (args: readonly string[], env?: Readonly<Record<string, string>>): RunningCommand =>
  startCommand(['migrate', ...args], env)

/** The same, from its beginning to its end. */
export const migrate = async (args: readonly string[], env?: Readonly<Record<string, string>>) =>
  await startMigration(args, env).ended
