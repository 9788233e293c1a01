import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Every process that the benchmark has started and that still runs. */
const running = new Set<ChildProcess>()

/** Ends what still runs: for the end of the time, and for signals. */
export function killAll (): void {
  for (const child of running) child.kill('SIGKILL')
}

export interface ProcessOptions {
  readonly env?: Readonly<Record<string, string>>
  /** of the process, in words, for errors */
  readonly name: string
  /** whether it is a shell, whose processes are ended with it */
  readonly group?: boolean
}

export interface ServerProcess {
  readonly url: string
  readonly pid: number
  /** Ends it by SIGTERM, and by SIGKILL when that takes too long. @returns its exit code; null after a signal */
  stop(): Promise<number | null>
}

/**
 * Starts a server and waits until it prints its address: the first `http://` on its standard output or error.
 *
 * @throws Error with what it printed when it ends before that
 */
export async function startServer (
  command: string,
  parameters: readonly string[],
  { env = {}, name, group = false }: ProcessOptions
): Promise<ServerProcess> {
  const child = start(command, parameters, env, group)
  let output = ''
  const url = await new Promise<string>((resolve, reject) => {
    // Read on to the end: a pipe that nobody empties stops the writer.
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on('data', (chunk: Buffer) => {
        output = `${output}${chunk.toString()}`.slice(-4000)
        const found = /http:\/\/[\w.:]+/.exec(output)?.[0]
        if (found !== undefined) resolve(found)
      })
    }
    child.once('error', reject)
    child.once('exit', code => reject(new Error(`${name} ended with ${String(code)}:\n${output}`)))
  })
  return {
    url,
    pid: child.pid!,
    async stop () {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
      const signal = (name: NodeJS.Signals) => {
        process.kill(group ? -child.pid! : child.pid!, name)
      }
      signal('SIGTERM')
      const patience = setTimeout(() => signal('SIGKILL'), 40_000)
      await once(child, 'exit')
      // A shell ends before the processes that it started.
      if (group) { while (isRunning(-child.pid!)) await delay(50) }
      clearTimeout(patience)
      return child.exitCode
    }
  }
}

/** @param id of a process, or of a group, negative */
function isRunning (id: number): boolean {
  try {
    return process.kill(id, 0)
  } catch {
    return false
  }
}

/** Megabytes of memory that are a process's, with the pages of its program files; Linux tells it in /proc. */
export async function residentMegabytes ({ pid }: Pick<ServerProcess, 'pid'>): Promise<number> {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]
  if (kilobytes === undefined) throw new Error('expected the resident memory in /proc, which needs Linux')
  return Number(kilobytes) * 1024 / 1e6
}

/**
 * Runs a program to its end.
 * @returns its standard output
 * @throws Error with its standard error when it fails
 */
export async function runProgram (
  command: string,
  parameters: readonly string[],
  { env = {}, name }: ProcessOptions
): Promise<string> {
  const child = start(command, parameters, env)
  let [output, errors] = ['', '']
  child.stdout!.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  child.stderr!.on('data', (chunk: Buffer) => {
    errors = `${errors}${chunk.toString()}`.slice(-4000)
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${name} ended with ${String(code)}:\n${errors}${output.slice(-1000)}`)
  return output
}

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const extension = extname(import.meta.url)

/**
 * Parameters with which node runs a module of the repository: compiled where this module is compiled (`npm test`), else
 * its source, under tsx. What compiles fast in the tests does so in what they start.
 *
 * @param path from the root of the repository, without extension, such as `src/cli`
 */
export function programOf (path: string): string[] {
  const file = join(root, path + extension)
  if (extension === '.ts') return ['--import', import.meta.resolve('tsx'), file]
  const fast = process.execArgv.filter(option => /^--(liftoff-only|interrupt-budget=)/.test(option))
  return [...fast, '--enable-source-maps', file]
}

/** Runs a module of the repository to its end, see `runProgram`. */
export const runModule = (path: string, parameters: readonly string[], name: string): Promise<string> =>
  runProgram(process.execPath, [...programOf(path), ...parameters], { name })

function start (
  command: string,
  parameters: readonly string[],
  env: Readonly<Record<string, string>>,
  group = false
): ChildProcess {
  const child = spawn(command, parameters, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: group
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}
