import { cp } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Environment variables by which a run tells its test files where the prepared databases are: those of PGlite as
 * archives and as folders, and the names of those on the server. A file that is run alone does without, and migrates.
 */
export const prepared = {
  archive: 'TEST_EMBEDDED_ARCHIVE',
  folder: 'TEST_EMBEDDED_FOLDER',
  template: 'TEST_DATABASE_TEMPLATE',
  /** with what a service stores when it starts */
  servedArchive: 'TEST_SERVED_EMBEDDED_ARCHIVE',
  servedFolder: 'TEST_SERVED_EMBEDDED_FOLDER',
  servedTemplate: 'TEST_SERVED_DATABASE_TEMPLATE'
} as const

/** What a variable of the environment says; undefined when it says nothing. */
export const given = (name: string): string | undefined => process.env[name] || undefined

/**
 * Puts a migrated database into the data directory of a process that is going to be started: for what is not about the
 * first start. A file that is run alone leaves the directory empty.
 *
 * @param options `served`: with what a service with the examples stores when it starts
 */
export async function prepareDataDirectory (
  dataDir: string,
  { served = false }: { readonly served?: boolean } = {}
): Promise<void> {
  const files = given(served ? prepared.servedFolder : prepared.folder)
  if (files !== undefined) await cp(files, join(dataDir, 'postgres'), { recursive: true })
}
