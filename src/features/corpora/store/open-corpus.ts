import type { TemplateCipher } from '../../../platform/encryption/vault.js'

/** A corpus within a transaction, and how its templates are stored as of it. */
export interface OpenCorpus {
  readonly id: string
  readonly encrypted: boolean
  readonly cipher: TemplateCipher
  /** Says which of its templates do not open. */
  unopened(rows: readonly { readonly fingerprint: string, readonly sample: string }[]): void
}
