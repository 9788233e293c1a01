import assert from 'node:assert/strict'
import type { GalleryReader } from '../../src/features/galleries/store/contents.js'
import type { OpenShard } from '../../src/features/galleries/store/head.js'

/** The shard of a gallery that is not divided. */
export async function onlyShard (reader: Pick<GalleryReader, 'open'>, gallery: string): Promise<OpenShard> {
  const { shards: [shard, ...others] } = await reader.open(gallery)
  assert.equal(others.length, 0)
  return shard!
}
