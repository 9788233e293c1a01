/** Registers a function to run when the service closes. */
export type OnClose = (close: () => unknown) => void

/** Collects closers and runs them in reverse order. */
export function createClosers () {
  const closers: (() => unknown)[] = []
  const onClose: OnClose = close => {
    closers.push(close)
  }
  return {
    onClose,

    /**
     * @throws AggregateError of the closers that failed; all others run nevertheless, above all the one that releases
     *   the lock on the data directory
     */
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
