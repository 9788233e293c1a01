/** What a service answers of a map, as far as commands show it. */
export interface MapOfService {
  readonly id: string
  readonly version: number
  readonly source: { readonly model: string }
  readonly target: { readonly model: string }
  readonly state: string
  readonly method: string
  readonly createdAt: string
  readonly card?: {
    readonly verdict: { readonly verdict: string, readonly summary?: string, readonly reasons: readonly string[] }
    readonly pairs: { readonly pairs: number }
    readonly warnings: readonly string[]
  }
}

/** A map in a few lines: what it is, and what its card says first. */
export function describeMap ({ id, version, source, target, state, method, card }: MapOfService): string {
  return [
    `map      ${id}`,
    `         ${source.model} to ${target.model}, version ${version}, ${state}, ${method}`,
    ...card === undefined ? [] : [
      `pairs    ${card.pairs.pairs}`,
      `verdict  ${card.verdict.verdict}. ${card.verdict.summary ?? ''}`.trimEnd(),
      ...card.verdict.reasons.map(reason => `         ${reason}`),
      ...card.warnings.map(warning => `warning  ${warning}`)
    ]
  ].join('\n')
}
