import { StartupError } from '../../../errors.js'
import { createQdrant, type QdrantOptions } from '../../../platform/qdrant/client.js'
import type { End } from '../end.js'
import { aliasesOf, dropCollection, findCollection, lead, requireCollection } from './collection.js'
import { sumOf } from './comparison.js'
import { forgetJournal, readJournal, runOf } from './journal.js'
import { createQdrantMigration } from './migration.js'
import { countPoints } from './points.js'

export interface QdrantChoice extends QdrantOptions {
  /** by which the application finds its collection */
  readonly alias: string
  /** name of the vector; '' for that of a collection that names none */
  readonly vector: string
}

/**
 * The templates of a collection of Qdrant, found by an alias. A new collection is made like it and filled; at the end
 * the alias leads to it. Qdrant tells nobody what is written meanwhile: the collections are compared point by point
 * before the swap, and again behind it.
 *
 * @throws StartupError when the collection cannot be migrated, with the reason
 */
export async function openQdrantEnd ({ alias, vector, ...options }: QdrantChoice): Promise<End> {
  const qdrant = createQdrant(options)
  await qdrant.requireKnownVersion()
  const run = runOf(alias, vector)
  const aliases = await aliasesOf(qdrant)
  const leads = aliases.get(alias)
  if (leads === undefined) throw await noAlias()
  const journal = await readJournal(qdrant, run)
  if (journal !== undefined && leads !== journal.source && leads !== journal.fresh) {
    throw new StartupError(
      `${alias}: expected it to lead to ${journal.source} or ${journal.fresh} of the run that was begun, it leads to ${leads}`
    )
  }
  const collection = await requireCollection(qdrant, journal?.source ?? leads, vector)
  const rows = await countPoints(qdrant, collection.name)
  const name = vector === '' ? alias : `${alias}.${vector}`
  const { info: { config: { params }, payload_schema: indexes } } = collection

  /** An alias has no name that a collection has: nothing could be swapped. */
  async function noAlias (): Promise<StartupError> {
    const isCollection = await findCollection(qdrant, alias) !== undefined
    const ofIt = [...aliases].filter(([, to]) => to === alias).map(([from]) => from)
    return new StartupError(
      isCollection
        ? `${alias}: expected an alias, by which the application finds the collection at any time, found a collection` +
          (ofIt.length > 0
            ? `, which has ${ofIt.join(', ')}`
            : '. Make one (POST /collections/aliases) and let the application use it')
        : `${qdrant.url}: expected an alias ${alias}, found ${[...aliases.keys()].join(', ') || 'none'}`
    )
  }

  return {
    rows,
    name,
    kept: collection.name,
    afterFinish: undefined,

    plan: (dimension, source) => [
      `alias     ${alias}, of the collection ${collection.name}, ${rows.toLocaleString('en-US')} points`,
      `vector    ${
        vector === '' ? 'without a name' : vector
      }: ${collection.vector.distance}, ${source} numbers become ${dimension}`,
      `payload   stays; indexes of ${Object.keys(indexes).join(', ') || 'nothing'} are made again`,
      `shards    ${Number(params.shard_number ?? 1)}, ${Number(params.replication_factor ?? 1)} replicas, as before`,
      `before    kept in ${collection.name} until --finish`,
      'meanwhile points that are written are found by comparing; writers must be stopped for the swap'
    ],

    check () {},

    migration: task => createQdrantMigration({ qdrant, alias, vector, run, collection, rows, task, journal }),

    async undo (force) {
      if (journal === undefined) throw new StartupError(`${alias}: expected a run to undo, found none of ${name}`)
      const { source, fresh, sums } = journal
      if (leads === fresh) {
        if (!force && await sumOf(qdrant, fresh, collection.pageRows) !== sums?.fresh) {
          throw new StartupError(
            `${alias}: points of ${fresh} have come, changed or gone since the swap. --force goes back all the same, ` +
              `to ${source} as it was`
          )
        }
        await lead(qdrant, alias, source)
      }
      await refuseOthers(fresh)
      await dropCollection(qdrant, fresh)
      await forgetJournal(qdrant, run)
    },

    async finish () {
      if (journal?.state !== 'swapped' || leads !== journal.fresh) {
        throw new StartupError(
          `${alias}: expected a run that has swapped, found ${journal === undefined ? 'none' : 'one that has not'}`
        )
      }
      await refuseOthers(journal.source)
      await dropCollection(qdrant, journal.source)
      await forgetJournal(qdrant, run)
    }
  }

  /** Other aliases of a collection would go with it. */
  async function refuseOthers (dropped: string): Promise<void> {
    const others = [...await aliasesOf(qdrant)].filter(([, to]) => to === dropped).map(([from]) => from)
    if (others.length > 0) {
      throw new StartupError(`${dropped}: expected no other alias to lead to it, found ${others.join(', ')}`)
    }
  }
}
