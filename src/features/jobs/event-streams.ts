import { Problem } from '../../errors.js'

/**
 * Limits the number of open event streams. One API key cannot use them all, and neither can one connection: a
 * connection carries one answer at a time, so streams pipelined behind another would be held open without a reader.
 */
export function createStreamLimit ({ all, ofKey }: { readonly all: number, readonly ofKey: number }) {
  const connections = new Set<object>()
  const keys = new Map<string, number>()

  return {
    /**
     * @param key id of the API key; null when none was given and none is required
     * @returns releases the stream
     * @throws Problem `overloaded`
     */
    open (key: string | null, connection: object): () => void {
      const ofThis = key === null ? 0 : keys.get(key) ?? 0
      if (connections.has(connection)) {
        throw new Problem(
          'overloaded',
          'expected one event stream per connection, received another before the first ended'
        )
      }
      if (ofThis >= ofKey) {
        throw new Problem(
          'overloaded',
          `expected fewer than ${ofKey} open event streams of the API key, please try again later`
        )
      }
      if (connections.size >= all) {
        throw new Problem('overloaded', `expected fewer than ${all} open event streams, please try again later`)
      }
      connections.add(connection)
      if (key !== null) keys.set(key, ofThis + 1)
      return () => {
        connections.delete(connection)
        if (key === null) return
        const left = keys.get(key)! - 1
        if (left === 0) keys.delete(key)
        else keys.set(key, left)
      }
    },
    count: () => connections.size
  }
}
