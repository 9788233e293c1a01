import { join } from 'node:path'
import { fitProfile, type SpaceProfile } from '../../src/science/guard/guard-profile.js'
import { createEngineProducts } from '../../src/engines/onnx/products.js'
import { readLabelledSet, type LabelledSet } from '../report/labelled-set.js'
import { readTemplates } from '../templates-folder.js'
import { fitPair } from './fitted-pair.js'
import type { GalleryFigures } from './gallery-trial.js'
import { identificationFigures, nativeFigures, type IdentificationFigures } from './identification-figures.js'
import { reEnrolmentFigures, type ReEnrolmentFigures } from './re-enrolment-figures.js'

export interface PairTask {
  /** folder of the data sets */
  readonly data: string
  readonly models: readonly string[]
  /** two models, or one that is searched with itself */
  readonly pair: readonly [string, string] | readonly [string]
}

/** Of both directions of a pair, or of one model. */
export interface PairFigures {
  readonly native?: { readonly model: string, readonly figures: GalleryFigures }
  readonly identification: readonly IdentificationFigures[]
  readonly reEnrolment: readonly ReEnrolmentFigures[]
  readonly chosen: readonly string[]
}

const products = createEngineProducts({ threads: 1 })
const sets = new Map<string, Promise<LabelledSet>>()
const profiles = new Map<string, Promise<SpaceProfile>>()

/** Fits on celeba, measures on lfw. */
export default async function run ({ data, models, pair }: PairTask): Promise<PairFigures> {
  const setOf = async (name: string): Promise<LabelledSet> => {
    const reading = sets.get(name) ?? readLabelledSet(data, name, models)
    sets.set(name, reading)
    return await reading
  }
  const tested = await setOf('lfw')
  if (pair.length === 1) {
    return {
      native: { model: pair[0], figures: await nativeFigures(tested, pair[0], products) },
      identification: [],
      reEnrolment: [],
      chosen: []
    }
  }
  const celeba = await readTemplates(join(data, 'celeba'), pair)
  const profileOf = async (side: 0 | 1): Promise<SpaceProfile> => {
    const fitting = profiles.get(pair[side]) ??
      fitProfile(celeba.templates[side]!, celeba.identities, celeba.samples, 42, products).then(profile => {
        if (profile === undefined) throw new RangeError('expected templates that make a profile')
        return profile
      })
    profiles.set(pair[side], fitting)
    return await fitting
  }
  const fitted = await fitPair(celeba, [await profileOf(0), await profileOf(1)], products)
  return {
    identification: await identificationFigures(fitted, pair, await setOf('celeba'), tested, products),
    reEnrolment: [
      await reEnrolmentFigures(fitted.forward, pair, tested, products),
      await reEnrolmentFigures(fitted.back, [pair[1], pair[0]], tested, products)
    ],
    chosen: [fitted.forward.chosen, fitted.back.chosen]
  }
}
