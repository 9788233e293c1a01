/** What other features use of translations. */
export { createTranslator, type Translator } from './translator/translator.js'
