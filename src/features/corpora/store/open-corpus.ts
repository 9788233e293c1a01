import type { TemplateCipher } from '../../../platform/encryption/vault.js'

/** A corpus within a transaction, with the encryption of its templates as of that transaction. */
export interface OpenCorpus {
  readonly id: string
  readonly encrypted: boolean
  readonly cipher: TemplateCipher
  /** Returns those whose templates do not decrypt. */
  unopened(rows: readonly { readonly fingerprint: string, readonly sample: string }[]): void
}
