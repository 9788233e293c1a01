import { Problem } from '../../errors.js'

/**
 * Counts open streams of events. One API key cannot have all of them, nor can one connection: it carries one answer at
 * a time, and streams that were pipelined behind another would be held without anybody reading them.
 */
export function createStreamLimit ({ all, ofKey }: { readonly all: number, readonly ofKey: number }) {
  const connections = new Set<object>()
  const keys = new Map<string, number>()

  return {
    /**
     * @param key id of the API key; null when none was given, where none is needed
     * @returns gives it back
     * @throws Problem `overloaded`
     */
    open (key: string | null, connection: object): () => void {
      const ofThis = key === null ? 0 : keys.get(key) ?? 0
      if (connections.has(connection)) {
        throw new Problem(
          'overloaded',
          'expected one stream of events on a connection, received another before its end'
        )
      }
      if (ofThis >= ofKey) {
        throw new Problem(
          'overloaded',
          `expected fewer than ${ofKey} open streams of events of an API key, please try again later`
        )
      }
      if (connections.size >= all) {
        throw new Problem('overloaded', `expected fewer than ${all} open streams of events, please try again later`)
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
