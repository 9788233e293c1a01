import { StartupError } from '../../errors.js'

/** What commands end with, the same for all of them; docs/command-line.md has the table. */
export const exitCodes = {
  done: 0,
  /** refused or failed, with the reason */
  failed: 1,
  /** wrong arguments: nothing was tried */
  usage: 2,
  /** what was to be decided or checked was, and the answer is no */
  no: 3,
  /** templates do not look like those of their model, or nothing can tell */
  foreign: 4,
  /** done, with rows left out */
  partly: 5,
  /** stopped by SIGINT, or by SIGTERM */
  interrupted: 130,
  terminated: 143
} as const

/** Wrong arguments. */
export class UsageError extends StartupError {}

/** Templates are not those of the model that was named, or nothing can tell. */
export class ForeignTemplates extends StartupError {
  /** @param whatNow what can be done about it */
  constructor (readonly what: string, whatNow = '--guard flag goes on all the same') {
    super(`${what}. ${whatNow}`)
  }
}

export const nothingCanTell =
  'there is no profile of the source model, so nothing tells whether these are its templates or just as long'

/** The exit code for what a command was rejected with. */
export function exitCodeOf (error: unknown): number {
  if (error instanceof UsageError) return exitCodes.usage
  return error instanceof ForeignTemplates ? exitCodes.foreign : exitCodes.failed
}
