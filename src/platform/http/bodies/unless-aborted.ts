/** @throws the reason of the signal once it is aborted, without waiting for the work */
export async function unlessAborted<T> (signal: AbortSignal, work: Promise<T>): Promise<T> {
  return await new Promise<T>((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/**
 * What arrives, until the signal is aborted. A stream whose connection was closed before anybody read it has neither an
 * end nor an error: what reads a body waits for it in this way.
 *
 * @throws the reason of the signal
 */
export async function * eachUnlessAborted<T> (
  signal: AbortSignal, arriving: AsyncIterable<T>
): AsyncGenerator<T, void> {
  const items = arriving[Symbol.asyncIterator]()
  try {
    for (;;) {
      const { done, value } = await unlessAborted(signal, items.next())
      if (done === true) return
      yield value
    }
  } finally {
    // It may never come to it, behind an item that never comes.
    items.return?.().catch(() => {})
  }
}
