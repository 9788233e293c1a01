import type { OnClose } from '../../closers.js'
import type { Catalogue } from '../catalogue/index.js'
import { createTranslations } from './translation.js'
import { createTranslator } from './translator/translator.js'

/** @param threads worker threads for large batches */
export function createTranslationsFeature ({ catalogue, threads, onClose }: { catalogue: Catalogue, threads: number, onClose: OnClose }) {
  const translator = createTranslator({ threads })
  onClose(() => translator.close())
  return { translator, translationBetween: createTranslations(catalogue, translator) }
}
