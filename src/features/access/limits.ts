import { Problem } from '../../errors.js'
import type { ApiKeyRepository, ModelPair, StoredApiKey } from './api-keys-repository.js'

/** The limits of a caller's key. */
type Limited = Pick<StoredApiKey, 'id' | 'translatePairs' | 'templatesPerDay' | 'limitsComparisons'>

/** The limits of a caller's key beyond its scopes: pairs of models, and templates per day. */
export function createLimits (repository: Pick<ApiKeyRepository, 'spend'>) {
  async function spend ({ id, templatesPerDay: budget }: Limited, templates: number): Promise<void> {
    if (budget === null) return
    const { taken, left, resetsIn } = await repository.spend(id, templates, budget)
    if (taken) return
    throw new Problem(
      'budget-exhausted',
      `expected at most ${left} templates, the rest of today's budget of ${budget}, received ${templates}`,
      { budget: { templatesPerDay: budget, left, resetsIn } }
    )
  }

  return {
    /**
     * Admits a translation, and takes its templates from the caller's budget of the day.
     *
     * @param sources models of the templates
     * @throws Problem `pair-forbidden`, `budget-exhausted`
     */
    async admitTranslation (
      caller: Limited,
      sources: readonly string[],
      target: string,
      templates: number
    ): Promise<void> {
      const { translatePairs: pairs } = caller
      for (const source of pairs === null ? [] : sources) {
        if (!has(pairs!, source, target)) throw forbidden(pairs!, `"${source}" to "${target}"`)
      }
      await spend(caller, templates)
    },

    /**
     * Admits comparisons whose scores the caller learns, and takes the probes from its budget of the day: all or none,
     * and once, however often it is called. A comparison has no direction, so a pair covers both; to compare templates
     * of one model a key needs a pair that names the model twice.
     *
     * @param caller null where no key is required, which allows everything
     * @param probes number in the whole request
     */
    comparisons (caller: Limited | null, probes: number) {
      const limited = caller !== null && caller.limitsComparisons ? caller : null
      let spending: Promise<void> | undefined
      /**
       * @param references models that templates of the probe's model are compared with
       * @throws Problem `pair-forbidden`, `budget-exhausted`
       */
      return async (probe: string, references: readonly string[]): Promise<void> => {
        if (limited === null) return
        const { translatePairs: pairs } = limited
        for (const reference of pairs === null ? [] : references) {
          if (!has(pairs!, probe, reference) && !has(pairs!, reference, probe)) {
            throw forbidden(pairs!, `"${probe}" with "${reference}"`)
          }
        }
        await (spending ??= spend(limited, probes))
      }
    }
  }
}

const has = (pairs: readonly ModelPair[], source: string, target: string): boolean =>
  pairs.some(pair => pair.source === source && pair.target === target)

function forbidden (pairs: readonly ModelPair[], received: string): Problem {
  return new Problem('pair-forbidden', `expected a pair of the key (${describePairs(pairs)}), received ${received}`)
}

/** As many pairs as fit a message. */
function describePairs (pairs: readonly ModelPair[]): string {
  const shown = pairs.slice(0, 8).map(({ source, target }) => `"${source}" to "${target}"`).join(', ')
  return pairs.length > 8 ? `${shown} or ${pairs.length - 8} others` : shown
}
