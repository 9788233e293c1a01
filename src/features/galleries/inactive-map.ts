import { Problem } from '../../errors.js'

/** A gallery may be migrated only by an active map: activating one takes its own permission. */
export const inactiveMap = (id: string, retired: boolean): Problem =>
  retired
    ? new Problem(
      'map-retired',
      `expected an active map, received ${id}, which is retired. An open migration can be rolled back`
    )
    : new Problem(
      'map-not-activated',
      `expected an active map, received ${id}, which is fitted: POST /v1/maps/${id}/activate activates it, with the scope "admin"`
    )
