/** Registers what is done when the service closes. */
export type OnClose = (close: () => unknown) => void

/** What was opened, to be closed in the opposite order. */
export function createClosers () {
  const closers: (() => unknown)[] = []
  const onClose: OnClose = close => { closers.push(close) }
  return {
    onClose,

    /** @throws AggregateError of what did not close; everything else is closed all the same, above all the lock on the data directory */
    async close (): Promise<void> {
      const failures: unknown[] = []
      for (const close of closers.splice(0).reverse()) {
        try {
          await close()
        } catch (error) {
          failures.push(error)
        }
      }
      if (failures.length > 0) throw new AggregateError(failures, 'the service did not close cleanly')
    }
  }
}
