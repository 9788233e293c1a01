import { stackRows, type Products, type TemplateMatrix } from '../../science/linear-algebra/matrix.js'
import { normaliseRows } from '../../science/linear-algebra/normalise.js'
import { compare } from '../../science/scores/comparisons.js'
import { measure, type Metrics } from '../../science/scores/metrics.js'
import type { GalleryReader, SubjectSample } from './store/contents.js'
import type { createMapRepository } from '../catalogue/index.js'
import type { Translator } from '../translations/index.js'
import type { MigrationPlan } from './migration.js'

/** Maximum subjects of a sample, and templates of each: some 2 million comparisons. */
const maxSubjects = 500
const maxTemplatesEach = 4
/** A shadow comparison of fewer subjects says nothing. */
const minSubjects = 10
const shadowRates = [1e-1, 1e-2, 1e-3]
const seed = 1

/** The same comparisons before and after the migration. */
export interface ShadowComparison {
  readonly subjects: number
  readonly templates: number
  /** within the source: the gallery's current accuracy */
  readonly before: Metrics
  /** of the same templates, translated: the accuracy with these alone, all of one provenance */
  readonly after: Metrics
}

export interface MigrationEstimate extends MigrationPlan {
  /** templates that would be translated; native templates of the target's model stay as they are */
  readonly templates: number
  /** comparison of subjects with several templates of the source; null when there are fewer than ten */
  readonly shadow: ShadowComparison | null
}

/** Estimates what a migration would do, from the gallery's own templates, without changing anything. */
export function createMigrationEstimate (
  reader: GalleryReader,
  maps: ReturnType<typeof createMapRepository>,
  translator: Translator,
  products: Products
) {
  return async function estimate (id: string, plan: MigrationPlan): Promise<MigrationEstimate> {
    const gallery = await reader.open(id)
    const groups = (await reader.groups(gallery)).filter(({ fingerprint }) => fingerprint === plan.source.fingerprint)
    const templates = groups.reduce((sum, group) => sum + group.templates, 0)
    const sample = joinSamples(
      await Promise.all(
        gallery.shards.map(async shard =>
          await reader.sampleOfRepeated(shard, plan.source, {
            subjects: Math.ceil(maxSubjects / gallery.shards.length),
            each: maxTemplatesEach
          })
        )
      )
    )
    return {
      ...plan,
      templates,
      shadow: sample.subjects < minSubjects
        ? null
        : await compareShadows(plan, sample.templates, sample.subjectOf, sample.subjects)
    }
  }

  async function compareShadows (
    { map }: MigrationPlan,
    templates: TemplateMatrix,
    subjectOf: Int32Array,
    subjects: number
  ): Promise<ShadowComparison> {
    const within = async (rows: TemplateMatrix) =>
      measure(await compare(rows, undefined, subjectOf, products), seed, true, shadowRates)
    const translated = await translator.translate(await maps.numbers(map.id), templates)
    return {
      subjects,
      templates: templates.rows,
      before: await within(normaliseRows(templates)),
      after: await within(translated)
    }
  }
}

/** A sample of the gallery of those of its shards, which have no subject in common. */
function joinSamples (samples: readonly SubjectSample[]): SubjectSample {
  if (samples.length === 1) return samples[0]!
  let subjects = 0
  const subjectOf = samples.map(sample => {
    const first = subjects
    subjects += sample.subjects
    return sample.subjectOf.map(subject => first + subject)
  })
  return {
    subjects,
    subjectOf: Int32Array.from(subjectOf.flatMap(part => [...part])),
    templates: stackRows(samples.map(({ templates }) => templates))
  }
}
