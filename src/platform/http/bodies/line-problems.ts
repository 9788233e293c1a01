import { Problem } from '../../../errors.js'

/** Lines that a problem names; all are counted. */
const mostNamed = 100

/** Collects what is wrong with the lines of a body, so that a caller who repairs it learns of every line at once. */
export function createLineProblems () {
  const named: { line: number, code: string, detail: string }[] = []
  let first: Problem | undefined
  let count = 0

  function add (line: number, problem: Problem): void {
    first ??= problem
    count++
    if (named.length < mostNamed) named.push({ line, code: problem.code, detail: problem.detail })
  }

  return {
    /** Whether a line was wrong. */
    get any () {
      return count > 0
    },

    /** @returns what `read` gives; undefined when it throws a Problem, which is kept */
    read<T> (line: number, read: () => T): T | undefined {
      try {
        return read()
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        add(line, error)
        return undefined
      }
    },

    /**
     * The lines up to one that cannot be read, of which there is no next one: it is kept too, unless it is the first
     * that is wrong.
     */
    async *until<Line extends { readonly number: number }> (lines: AsyncIterable<Line>): AsyncGenerator<Line, void> {
      let last = 0
      try {
        for await (const line of lines) {
          last = line.number
          yield line
        }
      } catch (error) {
        if (!(error instanceof Problem) || count === 0) throw error
        add(last + 1, error)
      }
    },

    /**
     * @throws Problem that of the first line that was wrong, with all of them in `lines` and their number in `invalid`
     */
    assertNone (): void {
      if (first === undefined) return
      const where = count > mostNamed ? `"lines" has the first ${mostNamed}` : 'see "lines"'
      const others = count === 1
        ? ''
        : count === 2
        ? `, and another line is not right (${where})`
        : `, and ${count - 1} other lines are not right (${where})`
      throw new Problem(first.code, first.detail + others, { ...first.extensions, invalid: count, lines: named })
    }
  }
}
