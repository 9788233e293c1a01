import { Counter, Gauge, Histogram, Registry } from 'prom-client'

/** What the features of a service count, for Prometheus. */
export interface Measures {
  readonly registry: Registry
  /** @param count of decisions alike */
  decided(operation: 'verification' | 'identification', pair: ComparedModels, decision: Decision, count?: number): void
  /** @param score exact, whatever the caller sees */
  scored(pair: ComparedModels, score: number): void
  translated(source: string, target: string, templates: number): void
  /** Counts templates that the guard has judged, and those that do not look like their model. */
  guarded(model: string, judged: number, flagged: number): void
  /** Counts an alarm that templates of a model have begun to look unlike it. */
  drifted(model: string): void
  /** Counts an alarm that the scores of a pair have begun to look unlike those of its calibration. */
  scoresDrifted(pair: ComparedModels): void
  searched(method: 'exact' | 'index', probes: number): void
  refused(operation: string, code: string): void
}

interface ComparedModels {
  readonly probe: string
  readonly reference: string
}

/** `none` where there is no threshold to decide by. */
type Decision = 'match' | 'non-match' | 'none'

/**
 * The metric of scores, and how the names of those begin that come from them. Only callers who may know exact scores
 * see them: two readings around a call tell the score within 0.05.
 */
export const scoreMetric = 'crosswalk_score'

/** Upper bounds of the buckets of scores, cosines and inner products of unit vectors. */
const scoreBuckets = Array.from({ length: 24 }, (_, k) => Math.round(100 * (-0.2 + 0.05 * k)) / 100)

/** Makes the registry of a service, with what it counts. Names and units are those of Prometheus' conventions. */
export function createMeasures (version: string): Measures {
  const registry = new Registry()
  const registers = [registry]
  const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name: `crosswalk_${name}_total`, help, labelNames, registers })
  const decisions = counter(
    'decisions',
    'Decisions of verifications, and probes of identifications, by the models compared.',
    'operation',
    'probe',
    'reference',
    'decision'
  )
  const translated = counter('templates_translated', 'Templates translated for callers.', 'source', 'target')
  const judged = counter('guard_judged', 'Templates that the guard has judged.', 'model')
  const flagged = counter('guard_flagged', 'Templates that do not look like those of the model they name.', 'model')
  const drifts = counter(
    'guard_drift_alarms',
    'Alarms that templates of a model have begun to look unlike it; one in 30 days is false at most.',
    'model'
  )
  const scoreDrifts = counter(
    'score_drift_alarms',
    'Alarms that scores of verifications have begun to look unlike those of the calibration; one in 30 days is false ' +
      'at most.',
    'probe',
    'reference'
  )
  const searches = counter('searches', 'Probes searched for in a group of a gallery, by method.', 'method')
  const refusals = counter('problems', 'Problems answered, by operation and code.', 'operation', 'code')
  const scores = new Histogram({
    name: scoreMetric,
    help: 'Scores of verifications, by the models compared. Shown to callers who may know exact scores.',
    labelNames: ['probe', 'reference'],
    buckets: scoreBuckets,
    registers
  })
  new Gauge({
    name: 'crosswalk_build_info',
    help: 'The version that runs; always 1.',
    labelNames: ['version', 'node'],
    registers
  }).set({ version, node: process.versions.node }, 1)

  return {
    registry,
    decided: (operation, pair, decision, count = 1) => decisions.inc({ operation, ...pair, decision }, count),
    scored: (pair, score) => scores.observe({ ...pair }, score),
    translated: (source, target, templates) => translated.inc({ source, target }, templates),
    guarded (model, count, found) {
      judged.inc({ model }, count)
      flagged.inc({ model }, found)
    },
    drifted: model => drifts.inc({ model }),
    scoresDrifted: pair => scoreDrifts.inc({ ...pair }),
    searched: (method, probes) => searches.inc({ method }, probes),
    refused: (operation, code) => refusals.inc({ operation, code })
  }
}

/** A gauge whose value is read at each scrape. */
export function gauge (registry: Registry, name: string, help: string, value: () => number): Gauge {
  return new Gauge({
    name,
    help,
    registers: [registry],
    collect () {
      this.set(value())
    }
  })
}

/** A gauge of several values, read at each scrape, by label. */
export function gauges<Label extends string> (
  registry: Registry,
  { name, help, labels }: { readonly name: string, readonly help: string, readonly labels: readonly Label[] },
  values: () => Promise<readonly (readonly [Readonly<Record<Label, string>>, number])[]>
): void {
  registry.registerMetric(
    new Gauge({
      name,
      help,
      labelNames: labels,
      registers: [],
      async collect () {
        // What cannot be read is left out: the other metrics matter most when the database does not answer.
        const found = await values().catch(() => [])
        this.reset()
        for (const [label, value] of found) this.set(label as never, value)
      }
    })
  )
}

/** A counter of the features themselves, copied at each scrape. */
export function copiedCounter (registry: Registry, name: string, help: string, value: () => number): void {
  registry.registerMetric(
    new Counter({
      name,
      help,
      registers: [],
      collect () {
        this.reset()
        this.inc(value())
      }
    })
  )
}
