/**
 * Functions of at most `max` lines of their own: blank lines, comments, the schemas of routes and what belongs to
 * functions inside do not count. A factory is as long as what it does itself, not as the functions that it returns.
 */
export default {
  meta: {
    type: 'suggestion',
    schema: [{
      type: 'object',
      properties: { max: { type: 'integer', minimum: 1 } },
      required: ['max'],
      additionalProperties: false
    }],
    messages: { long: 'expected at most {{max}} lines of its own in a function, found {{lines}}' }
  },
  create (context) {
    const [{ max }] = context.options
    const { sourceCode } = context
    const comments = new Set(sourceCode.getAllComments().flatMap(comment => linesOf(comment)))
    /** Functions that are open, each with the lines that do not count. */
    const open = []

    function leave (node) {
      const inside = open.pop()
      const own = linesOf(node).filter(line =>
        !inside.has(line) && !(comments.has(line) && isComment(line)) && sourceCode.lines[line - 1].trim() !== ''
      )
      if (own.length > max) context.report({ node, messageId: 'long', data: { max, lines: own.length } })
      // Its first line belongs to whatever encloses it as well.
      for (const line of linesOf(node).slice(1)) open.at(-1)?.add(line)
    }

    const isComment = line => /^\s*(\/[/*]|\*)/.test(sourceCode.lines[line - 1])
    const enter = () => {
      open.push(new Set())
    }
    return {
      ':function': enter,
      ':function:exit': leave,
      'Property[key.name="schema"]' (node) {
        for (const line of linesOf(node)) open.at(-1)?.add(line)
      }
    }
  }
}

function linesOf ({ loc }) {
  return Array.from({ length: loc.end.line - loc.start.line + 1 }, (_, i) => loc.start.line + i)
}
