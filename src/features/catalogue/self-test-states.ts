/**
 * Whether a model makes the templates that it made before. `untested` since the start of this process; `recorded`: tested
 * for the first time, so that there was nothing to compare with.
 */
export type SelfTestState = 'untested' | 'passed' | 'recorded' | 'changed'

/** The last outcome for each space of the models folder, in this process. */
export function createSelfTestStates (loaded: ReadonlySet<string>) {
  const states = new Map<string, SelfTestState>()
  return {
    /** @returns null for spaces that no graph of this process writes */
    of: (fingerprint: string): SelfTestState | null =>
      loaded.has(fingerprint) ? states.get(fingerprint) ?? 'untested' : null,
    set (fingerprint: string, state: SelfTestState): void {
      states.set(fingerprint, state)
    },
    /** of the spaces that were tested */
    worst: (): SelfTestState =>
      (['changed', 'recorded', 'passed'] as const).find(state => [...states.values()].includes(state)) ?? 'untested'
  }
}

export type SelfTestStates = ReturnType<typeof createSelfTestStates>
