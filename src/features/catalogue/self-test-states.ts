/**
 * Whether a model makes the templates that it made before. `untested` since the start of this process; `recorded`:
 * tested for the first time, so that there was nothing to compare with.
 */
export type SelfTestState = 'untested' | 'passed' | 'recorded' | 'changed'

/** The last outcome of each space, in this process. */
export function createSelfTestStates (loaded: ReadonlySet<string>) {
  const states = new Map<string, SelfTestState>()
  return {
    /** @returns null for spaces that no graph of this process writes and whose owner sent no templates to test */
    of: (fingerprint: string): SelfTestState | null =>
      states.get(fingerprint) ?? (loaded.has(fingerprint) ? 'untested' : null),
    set (fingerprint: string, state: SelfTestState): void {
      states.set(fingerprint, state)
    },
    /** Of templates that the owner of the model made: they say nothing about a graph of this process. */
    setOwn (fingerprint: string, state: SelfTestState): void {
      if (!loaded.has(fingerprint)) states.set(fingerprint, state)
    },
    forget (fingerprint: string): void {
      states.delete(fingerprint)
    },
    /** of the graphs of this process that were tested */
    worst: (): SelfTestState =>
      (['changed', 'recorded', 'passed'] as const)
        .find(state => [...states].some(([fingerprint, of]) => of === state && loaded.has(fingerprint))) ?? 'untested'
  }
}

export type SelfTestStates = ReturnType<typeof createSelfTestStates>
