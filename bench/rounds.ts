import type { Figure, MeasureOptions } from './section.js'

/**
 * What is compared: each runs for a while and says its rate, or whatever else is measured. What is undefined is not
 * here.
 */
export type Contestants<Name extends string> = Readonly<Record<Name, (() => Promise<number>) | undefined>>
/** A number for each round, by contestant; empty for those that are not here. */
export type Rates<Name extends string> = Readonly<Record<Name, readonly number[]>>

/**
 * Lets contestants run in turn, so that what else happens on the machine touches all of them. Every round begins with
 * another one. What comes before the first round warms up and is thrown away: once, or as often as `warmUps` says.
 */
export async function alternate<Name extends string> (
  contestants: Contestants<Name>,
  { rounds, log }: MeasureOptions,
  warmUps = 1
): Promise<Rates<Name>> {
  const results = Object.fromEntries(Object.keys(contestants).map(name => [name, [] as number[]])) as Record<
    Name,
    number[]
  >
  const present = (Object.keys(contestants) as Name[]).filter(name => contestants[name] !== undefined)
  for (let round = 1 - warmUps; round <= rounds; round++) {
    const start = (round - 1 + warmUps) % present.length
    for (const name of [...present.slice(start), ...present.slice(0, start)]) {
      const result = await contestants[name]!()
      if (round > 0) results[name].push(result)
    }
    if (round > 0) {
      log(
        `  round ${round}: ${
          present.map(name => `${name} ${Math.round(results[name].at(-1)!).toLocaleString('en-US')}`).join(', ')
        }`
      )
    }
  }
  return results
}

/**
 * Of servers under load, for each kind of request: V8 compiles what runs often, and sizes its heap, in the first six to
 * nine seconds.
 */
export const warmUpsOfServers = 4

export function median (values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export const spreadOf = (values: readonly number[]): [number, number] => [Math.min(...values), Math.max(...values)]

/** A figure of what each round gave. */
export function figure (
  name: string,
  values: readonly number[],
  target: number | null = null,
  sense: NonNullable<Figure['sense']> = 'at-least'
): Figure {
  return { name, value: median(values), target, spread: spreadOf(values), sense }
}

/**
 * How two rates relate, taken within each round: what slows a round down slows both.
 * @returns no figure when the other one is not here
 */
export function comparison (
  name: string,
  rates: readonly number[],
  of: readonly number[],
  target: number | null = null
): Figure[] {
  return of.length === 0 ? [] : [figure(name, rates.map((rate, round) => rate / of[round]!), target)]
}
