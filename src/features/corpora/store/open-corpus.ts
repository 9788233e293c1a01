import type { TemplateCipher } from '../../../platform/encryption/vault.js'

/** A corpus within a transaction, and how its templates are stored as of it. */
export interface OpenCorpus { readonly id: string, readonly cipher: TemplateCipher }
