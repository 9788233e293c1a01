import { Type, type Static } from 'typebox'
import { StartupError } from '../../errors.js'
import { closed } from '../../science/schemas.js'
import type { Task } from './end.js'

/** A task as a journal has it. */
export const JournalTask = Type.Object({
  map: Type.String(),
  numbersSha256: Type.String(),
  source: Type.String(),
  target: Type.String(),
  sourceDimension: Type.Integer({ minimum: 1 }),
  targetDimension: Type.Integer({ minimum: 1 }),
  pageRows: Type.Integer({ minimum: 1 }),
  choice: Type.String()
}, closed)
export type JournalTask = Static<typeof JournalTask>

export const taskOf = (
  { map, numbersSha256, source, target, pageRows }: Task,
  choice: string
): JournalTask => ({
  map,
  numbersSha256,
  source: source.fingerprint,
  target: target.fingerprint,
  sourceDimension: source.dimension,
  targetDimension: target.dimension,
  pageRows,
  choice
})

/** @throws StartupError saying what differs */
export function requireSameTask (begun: JournalTask, now: JournalTask): void {
  const differences = (Object.keys(now) as (keyof JournalTask)[]).filter(key => begun[key] !== now[key])
  if (differences.length === 0) return
  throw new StartupError(
    `expected to resume the run that was begun, but ${
      differences.map(key => `${key} was ${begun[key]} and is ${now[key]}`).join('; ')
    }. --undo gives that run up`
  )
}
