import { Problem } from '../errors.js'
import type { createGalleryRepository } from './galleries/store/galleries.js'
import type { GalleryMigrationRepository } from './galleries/store/migrations.js'
import type { createSubjectRepository } from './galleries/store/subjects.js'
import {
  disposableCorpusId,
  disposableGalleryId,
  disposableSubject,
  exampleCorpusId,
  exampleGalleryId,
  exampleMapId,
  examples,
  exampleSpaces,
  exampleSubject
} from '../platform/http/documented-examples.js'

/** Galleries with a migration of the same id each: one whose job has ended, one to commit and one to roll back. */
export const migratingGalleryId = '00000000-0000-4000-8000-0000000000d2'
export const committableGalleryId = '00000000-0000-4000-8000-0000000000d3'
/** Has a second template, which the deletion example removes. */
export const shortenedSubject = 'subject with a second template'
export const revocableGalleryId = '00000000-0000-4000-8000-0000000000d4'

/** Ids of the corpora and galleries in the documentation. */
export const exampleContainers = [
  exampleCorpusId,
  disposableCorpusId,
  exampleGalleryId,
  disposableGalleryId,
  migratingGalleryId,
  committableGalleryId,
  revocableGalleryId
]

/**
 * Stores the galleries that the documentation refers to, unless they exist. It needs the example spaces and the example
 * map.
 */
export async function storeGalleryExamples (
  galleries: ReturnType<typeof createGalleryRepository>,
  subjects: ReturnType<typeof createSubjectRepository>,
  migrations: GalleryMigrationRepository
): Promise<void> {
  const [a, b] = exampleSpaces
  const fill = async (gallery: string, names: readonly string[], reference = '1') => {
    const rows = names.map((subject, i) => ({
      subject,
      reference,
      quality: null,
      vector: Float32Array.from(examples.pairs[i]!.source.vector)
    }))
    await subjects.enrol(gallery, [{ space: { model: a!.id, ...a! }, rows }])
  }
  await galleries.createWithId(disposableGalleryId, 'Gallery for the example of a deletion')
  if (await galleries.createWithId(exampleGalleryId, 'Example gallery of the documentation')) {
    await fill(exampleGalleryId, [
      exampleSubject,
      disposableSubject,
      ...Array.from({ length: 10 }, (_, i) => `example ${i + 1}`),
      shortenedSubject
    ])
    await fill(exampleGalleryId, [shortenedSubject], 'second')
  }
  for (
    const [id, name] of [[migratingGalleryId, 'go on'], [committableGalleryId, 'be committed'], [
      revocableGalleryId,
      'be rolled back'
    ]] as const
  ) {
    if (!await galleries.createWithId(id, `Gallery with a migration to ${name}`)) continue
    try {
      await migrations.begin(id, id, { source: a!.fingerprint, target: b!.fingerprint, map: exampleMapId })
    } catch (error) {
      // The example map was retired or replaced: the migration examples are not served then.
      if (error instanceof Problem) continue
      throw error
    }
    if (id === migratingGalleryId) await fill(id, [exampleSubject])
    else await migrations.finish(id, id)
  }
}
