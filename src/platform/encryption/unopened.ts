/** A stored template that does not open: it was modified, moved, or restored from an earlier state. */
interface UnopenedRow {
  /** identifies the row within its container: the ordinal in a gallery, space and sample in a corpus */
  readonly key: string
  readonly fingerprint: string
}

export interface UnopenedRows {
  readonly kind: 'corpus' | 'gallery'
  /** id of the corpus or the gallery */
  readonly container: string
  readonly rows: readonly UnopenedRow[]
}

/**
 * Remembers the stored templates that did not open in this process, each once, however often it is read.
 *
 * @param found called with the rows that were not known before
 */
export function createUnopenedRows (found: (rows: UnopenedRows) => void = () => {}) {
  const known = { corpus: new Map<string, Set<string>>(), gallery: new Map<string, Set<string>>() }
  const total = { corpus: 0, gallery: 0 }

  return {
    note ({ kind, container, rows }: UnopenedRows): void {
      if (rows.length === 0) return
      const keys = known[kind].get(container) ?? new Set()
      known[kind].set(container, keys)
      const fresh = rows.filter(({ key }) => !keys.has(key))
      if (fresh.length === 0) return
      for (const { key } of fresh) keys.add(key)
      total[kind] += fresh.length
      found({ kind, container, rows: fresh })
    },

    /** Keys of the rows of a container; some may have been replaced or deleted since. */
    of: (kind: UnopenedRows['kind'], container: string): ReadonlySet<string> => known[kind].get(container) ?? nothing,

    /** Counts since the process started. */
    total: (): Readonly<Record<UnopenedRows['kind'], number>> => total
  }
}

const nothing: ReadonlySet<string> = new Set()
