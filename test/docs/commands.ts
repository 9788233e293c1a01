import { readFileSync } from 'node:fs'

/** A block of shell commands of a page, and what a test does with it. */
export interface CommandBlock {
  readonly page: string
  /** of its first command, from 1 */
  readonly line: number
  readonly commands: string
  readonly run: { readonly kind: 'run' | 'stopped' | 'starts' } | { readonly kind: 'skip', readonly reason: string }
}

const directive = /^<!-- commands: (stopped|starts|skip, (.+)) -->$/

/**
 * The shell blocks of a page, in order. A comment on the line before a block, invisible to readers, says when it cannot
 * be run like the others: `<!-- commands: stopped -->` for one that needs the database to itself, `<!-- commands:
 * starts -->` for one that starts the service and goes on, and `<!-- commands: skip, REASON -->`.
 */
export function commandBlocks (page: string, path: string): CommandBlock[] {
  const lines = readFileSync(path, 'utf8').split('\n')
  const blocks: CommandBlock[] = []
  for (let i = 0; i < lines.length; i++) {
    if (!/^```\w*$/.test(lines[i]!)) continue
    const end = lines.indexOf('```', i + 1)
    if (lines[i] === '```sh') {
      blocks.push({
        page,
        line: i + 2,
        commands: lines.slice(i + 1, end).join('\n'),
        run: readDirective(lines[i - 1] ?? '')
      })
    }
    i = end
  }
  return blocks
}

function readDirective (line: string): CommandBlock['run'] {
  const [, kind, reason] = directive.exec(line) ?? []
  if (reason !== undefined) return { kind: 'skip', reason }
  return { kind: kind === 'stopped' || kind === 'starts' ? kind : 'run' }
}
