import { after } from 'node:test'
import {
  createRecognition,
  type Recognition,
  type RecognitionOptions
} from '../../src/engines/recognition/recognition.js'
import { memoised } from '../../src/memoised.js'

/** By what they were opened with. */
const opened = new Map<string, Promise<Recognition>>()

after(async () => {
  for (const recognition of opened.values()) await (await recognition).close()
})

/**
 * Recognisers that all services of this process share, as long as they want the same: to open the graphs in a thread of
 * its own takes as much processor time as the rest of a service's start. Whoever closes them leaves them open.
 */
export async function sharedRecognition (options: RecognitionOptions): Promise<Recognition> {
  const recognition = await memoised(opened, JSON.stringify(options), () => createRecognition(options))
  return { ...recognition, close: async () => {} }
}
