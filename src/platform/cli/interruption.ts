/** Whether SIGINT or SIGTERM has come. */
export interface Interruption {
  /** aborted when one comes */
  readonly signal: AbortSignal
  /** @returns the code to exit with, 130 or 143; undefined while none has come */
  exitCode(): number | undefined
}

/** Lets work end by itself at a signal. The second one ends at once, as it does without anybody who listens. */
export async function interruptible<T> (work: (interruption: Interruption) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  let code: number | undefined
  const interrupt = (signal: NodeJS.Signals): void => {
    code = signal === 'SIGTERM' ? 143 : 130
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
