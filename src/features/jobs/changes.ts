import { setTimeout } from 'node:timers/promises'

/** Wakes the requests that wait for a job to change, when the database notifies this process of a change. */
export function createJobChanges () {
  const watchers = new Map<string, Set<() => void>>()

  return {
    /** @param id of the job; null when it is not known which jobs have changed */
    changed (id: string | null): void {
      const listeners = id === null ? [...watchers.values()].flatMap(set => [...set]) : watchers.get(id) ?? []
      for (const notify of listeners) notify()
    },

    /**
     * Begins to watch a job. No change from here on is missed, however late the caller waits for it.
     * @param signal ends the waiting
     */
    watch (id: string, signal: AbortSignal): JobWatch {
      let changed = false
      let waiting = new AbortController()
      const wake = () => waiting.abort()
      const notify = () => {
        changed = true
        wake()
      }
      const set = watchers.get(id) ?? new Set()
      watchers.set(id, set.add(notify))
      signal.addEventListener('abort', wake)

      return {
        async next (patience) {
          waiting = new AbortController()
          if (!changed && !signal.aborted) {
            await setTimeout(patience, undefined, { signal: waiting.signal }).catch(() => {})
          }
          const result = changed
          changed = false
          return result
        },
        stop () {
          signal.removeEventListener('abort', wake)
          set.delete(notify)
          if (set.size === 0) watchers.delete(id)
        }
      }
    }
  }
}

export interface JobWatch {
  /** Waits for a change since the last call, for at most `patience` milliseconds. @returns whether there was one */
  next(patience: number): Promise<boolean>
  stop(): void
}
