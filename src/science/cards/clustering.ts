import { closed } from '../schemas.js'
import { agnes, type Cluster } from 'ml-hclust'
import { Type, type Static } from 'typebox'

/** In the convention of SciPy's `linkage`. */
export const Dendrogram = Type.Object({
  merges: Type.Array(
    Type.Object({
      left: Type.Integer({ minimum: 0 }),
      right: Type.Integer({ minimum: 0 }),
      height: Type.Number({ minimum: 0, description: 'Mean distance of the models of the two clusters' }),
      size: Type.Integer({ minimum: 2, description: 'Models in the merged cluster' })
    }, closed),
    {
      description: 'From the closest clusters to the last two. With n models, 0 to n - 1 are the models and n + k is ' +
        'the cluster that merge k made'
    }
  ),
  order: Type.Array(Type.Integer({ minimum: 0 }), { description: 'The models so ordered that no two branches cross' })
}, { ...closed, description: 'Agglomerative clustering by average linkage' })
export type Dendrogram = Static<typeof Dendrogram>

/**
 * Average linkage (UPGMA; Sokal and Michener, 1958): merges the two clusters whose members are closest on average until
 * one is left.
 *
 * @param distances (n, n), symmetric, at least 0, with zeros on the diagonal; n is 2 or more
 * @throws RangeError when they are not
 */
export function clusterByAverageLinkage (distances: readonly (readonly number[])[]): Dendrogram {
  const n = distances.length
  if (n < 2) throw new RangeError(`expected distances of at least 2 models, received ${n}`)
  distances.forEach((row, i) => {
    if (row.length !== n) throw new RangeError(`distances: expected ${n} numbers in row ${i}, received ${row.length}`)
    row.forEach((distance, j) => {
      if (!(distance >= 0 && distance < Infinity) || distance !== distances[j]![i] || (i === j && distance !== 0)) {
        throw new RangeError(
          'distances: expected a symmetric matrix of numbers of at least 0 with zeros on its diagonal, received ' +
            `${distance} in row ${i}, column ${j}`
        )
      }
    })
  })
  const root = agnes(distances.map(row => [...row]), { method: 'average', isDistanceMatrix: true })

  const joined: { cluster: Cluster, height: number }[] = []
  collect(root)
  // At equal height parts come before the whole.
  joined.sort((a, b) => a.height - b.height || a.cluster.size - b.cluster.size)
  const number = new Map(joined.map(({ cluster }, k) => [cluster, n + k]))
  const numberOf = (cluster: Cluster) => cluster.isLeaf ? cluster.index : number.get(cluster)!
  return {
    merges: joined.map(
      ({ cluster: { children, size }, height }) => ({
        left: numberOf(children[0]!),
        right: numberOf(children[1]!),
        height,
        size
      })
    ),
    order: root.indices()
  }

  /** A cluster is never lower than its parts, except by the rounding of means. */
  function collect (cluster: Cluster): number {
    if (cluster.isLeaf) return 0
    const height = Math.max(cluster.height, ...cluster.children.map(collect))
    joined.push({ cluster, height })
    return height
  }
}
