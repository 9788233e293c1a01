import { Problem } from '../../errors.js'

/** A gallery may be migrated only by an active map: activating one takes its own permission. */
export const inactiveMap = (id: string, retired: boolean): Problem =>
  retired
    ? new Problem(
      'map-retired',
      `expected an active map, map ${id} is retired. A migration that is open can be rolled back`
    )
    : new Problem(
      'map-not-activated',
      `expected an active map, map ${id} is fitted: POST /v1/maps/${id}/activate lets it serve, with the scope "admin"`
    )
