import { readFile } from 'node:fs/promises'
import { forEach, type Photograph } from './photographs.js'
import { ApiError, call, postJson } from './running-service.js'

/**
 * Makes a corpus of photographs by the API, each embedded by every model. Photographs that are refused are named and
 * left out.
 *
 * @param v1 address of the API of a service
 * @returns id of the corpus
 */
export async function makePhotographCorpus (
  v1: string,
  photographs: readonly Photograph[],
  models: readonly string[]
): Promise<string> {
  const { id } = await call<{ id: string }>(`${v1}/corpora`, postJson({ name: `${photographs.length} photographs` }))
  await forEach(photographs, 4, async ({ path, sample, identity }) => {
    const query = new URLSearchParams({ sample, identity, models: models.join() })
    await call(`${v1}/corpora/${id}/images?${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: await readFile(path)
    })
      .catch((error: unknown) => {
        if (!(error instanceof ApiError)) throw error
        console.log(`${sample}: ${error.message}`)
      })
  })
  return id
}
