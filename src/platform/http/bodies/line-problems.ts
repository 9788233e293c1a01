import { Problem } from '../../../errors.js'

/** Maximum lines that a problem lists; all are counted. */
const maxNamed = 100

/** Collects the problems of the lines of a body, so that a client learns of every invalid line at once. */
export function createLineProblems () {
  const named: { line: number, code: string, detail: string }[] = []
  let first: Problem | undefined
  let count = 0

  function add (line: number, problem: Problem): void {
    first ??= problem
    count++
    if (named.length < maxNamed) named.push({ line, code: problem.code, detail: problem.detail })
  }

  return {
    /** Whether any line was invalid. */
    get any () {
      return count > 0
    },

    /** @returns the result of `read`; undefined when it throws a Problem, which is collected */
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
     * Yields lines up to one that cannot be read, after which there are none. Its problem is collected too, unless it
     * is the first one, which is thrown.
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

    /** @throws Problem of the first invalid line, with the invalid lines in `lines` and their number in `invalid` */
    assertNone (): void {
      if (first === undefined) return
      const where = count > maxNamed ? `"lines" has the first ${maxNamed}` : 'see "lines"'
      const others = count === 1
        ? ''
        : count === 2
        ? `, and another line is invalid (${where})`
        : `, and ${count - 1} other lines are invalid (${where})`
      throw new Problem(first.code, first.detail + others, { ...first.extensions, invalid: count, lines: named })
    }
  }
}
