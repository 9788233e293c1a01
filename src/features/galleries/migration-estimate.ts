import type { Products, TemplateMatrix } from '../../science/linear-algebra/matrix.js'
import { normaliseRows } from '../../science/linear-algebra/normalise.js'
import { compare } from '../../science/scores/comparisons.js'
import { measure, type Metrics } from '../../science/scores/metrics.js'
import type { GalleryReader } from './store/contents.js'
import type { createMapRepository } from '../catalogue/index.js'
import type { Translator } from '../translations/index.js'
import type { MigrationPlan } from './migration.js'

/** Subjects of a sample, and templates of each, at most: some 2 million comparisons. */
const mostSubjects = 500
const mostTemplatesEach = 4
/** A shadow comparison of fewer subjects says nothing. */
const fewestSubjects = 10
const shadowRates = [1e-1, 1e-2, 1e-3]
const seed = 1

/** The same comparisons, once as they are and once as they would be. */
export interface ShadowComparison {
  readonly subjects: number
  readonly templates: number
  /** within the source: what the gallery can do now */
  readonly before: Metrics
  /** of the same templates, translated: what it could do with them alone, templates of one provenance against one another */
  readonly after: Metrics
}

export interface MigrationEstimate extends MigrationPlan {
  /** templates that would be translated; those of the target's own model stay as they are */
  readonly templates: number
  /** subjects with several templates of the source, compared with one another; null when there are fewer than ten */
  readonly shadow: ShadowComparison | null
}

/** Says what a migration would do, from the gallery's own templates, without changing anything. */
export function createMigrationEstimate (reader: GalleryReader, maps: ReturnType<typeof createMapRepository>, translator: Translator, products: Products) {
  return async function estimate (id: string, plan: MigrationPlan): Promise<MigrationEstimate> {
    const gallery = await reader.open(id)
    const groups = (await reader.groups(gallery)).filter(({ fingerprint }) => fingerprint === plan.source.fingerprint)
    const templates = groups.reduce((sum, group) => sum + group.templates, 0)
    const sample = await reader.sampleOfRepeated(gallery, plan.source, { subjects: mostSubjects, each: mostTemplatesEach })
    return { ...plan, templates, shadow: sample.subjects < fewestSubjects ? null : await compareShadows(plan, sample.templates, sample.subjectOf, sample.subjects) }
  }

  async function compareShadows ({ map }: MigrationPlan, templates: TemplateMatrix, subjectOf: Int32Array, subjects: number): Promise<ShadowComparison> {
    const within = async (rows: TemplateMatrix) => measure(await compare(rows, undefined, subjectOf, products), seed, true, shadowRates)
    const translated = await translator.translate(await maps.numbers(map.id), templates)
    return { subjects, templates: templates.rows, before: await within(normaliseRows(templates)), after: await within(translated) }
  }
}
