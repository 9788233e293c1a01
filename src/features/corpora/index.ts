/** What other features use of corpora. */
export type { CorpusContents, createCorpusRepository } from './store/corpora.js'
export type { CorpusJoin } from './store/corpus-join.js'
export { createPairHash, createTemplateHash, type PairedSample } from './store/pair-hash.js'
export { maxUploadRows } from './template-rows.js'
export { sendPhotographs, sendTemplates } from './send-corpus.js'
