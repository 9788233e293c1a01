import { Problem } from '../../../errors.js'
import type { IndexCandidate, IndexChange, IndexedView, IndexQuery } from './vector-index.js'

/**
 * What indexes galleries: pgvector in the database itself, or Qdrant beside it. An engine gives candidates; the caller
 * reads those that the database still has, and computes their exact scores.
 */
export interface VectorEngine {
  readonly name: 'pgvector' | 'Qdrant'
  /** of the vectors that it indexes */
  readonly maxDimension: number
  /** The views of a shard of a gallery, by its id, that may be searched or completed. */
  views(galleryId: string): Promise<IndexedView[]>
  /**
   * Creates an empty view of a shard at position 0, or returns the existing one of that key and epoch.
   * @throws RangeError when the engine cannot index so many dimensions
   */
  create(galleryId: string, view: Pick<IndexedView, 'key' | 'dimension' | 'epoch'>): Promise<IndexedView>
  /**
   * Advances a view along the log. Templates that were removed since are skipped.
   * @returns false when the view is not at the change's start: another replica was faster, or it was deleted
   */
  advance(view: IndexedView, change: IndexChange): Promise<boolean>
  /** Builds the graph of a view and marks the view as ready. This takes long. */
  build(view: IndexedView): Promise<void>
  /**
   * References near each probe, nearest first. It may miss some of the best, and name some that have left the gallery.
   * @throws RangeError when the dimensions differ
   */
  candidates(view: IndexedView, query: IndexQuery): Promise<readonly (readonly EngineCandidate[])[]>
  /**
   * Deletes what has left the templates of a shard from its views; in vain once the engine is away. An engine in the
   * database itself has nothing to delete.
   */
  erase?(galleryId: string): Promise<void>
  /** A view that is no longer used, see `createVectorIndex`; undefined when there is none. */
  outdated(): Promise<IndexedView | undefined>
  /** Deletes a view. */
  drop(view: IndexedView): Promise<void>
}

export type EngineCandidate = Pick<IndexCandidate, 'ordinal' | 'score'>

/** An engine outside of the database cannot be used now. The log says why. */
export class EngineAway extends Problem {
  /** @param status of its answer; undefined without one */
  constructor (readonly status?: number, options?: ErrorOptions) {
    super(
      'unavailable',
      'the engine of the indexes of galleries cannot be used now: search exactly, or try again',
      {},
      options
    )
  }
}
