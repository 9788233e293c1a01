import { exitCodes } from './exit-codes.js'

/** Whether the process has received SIGINT or SIGTERM. */
export interface Interruption {
  /** aborted at the first signal */
  readonly signal: AbortSignal
  /** @returns the exit code for the signal, 130 or 143; undefined before one arrives */
  exitCode(): number | undefined
}

/** Lets work stop by itself at the first signal. The second one ends the process at once, as without a handler. */
export async function interruptible<T> (work: (interruption: Interruption) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  let code: number | undefined
  const interrupt = (signal: NodeJS.Signals): void => {
    code = signal === 'SIGTERM' ? exitCodes.terminated : exitCodes.interrupted
    controller.abort()
  }
  const signals = ['SIGINT', 'SIGTERM'] as const
  for (const signal of signals) process.once(signal, interrupt)
  try {
    return await work({ signal: controller.signal, exitCode: () => code })
  } finally {
    for (const signal of signals) process.off(signal, interrupt)
  }
}
