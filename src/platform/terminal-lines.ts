/** Members of a log line that have a place of their own, or say nothing on a terminal. */
const placed = new Set(['level', 'time', 'pid', 'hostname', 'msg', 'reqId', 'err'])

const levels: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: '',
  40: 'warning',
  50: 'error',
  60: 'fatal'
}

/** Control characters, which would move the cursor or change colours: a caller chooses some of the texts. */
const control = /\p{Cc}/gu

/**
 * A line of the log for a person at a terminal: when, how serious, what, and the rest as `name=value`.
 *
 * @param line of the log, JSON
 */
export function terminalLine (line: string): string {
  let entry: Record<string, unknown>
  try {
    entry = JSON.parse(line) as Record<string, unknown>
  } catch {
    return line
  }
  const time = typeof entry['time'] === 'number' ? new Date(entry['time']).toTimeString().slice(0, 8) : ''
  const level = levels[entry['level'] as number] ?? ''
  const rest = Object.entries(entry).filter(([name]) => !placed.has(name)).flatMap(([name, value]) =>
    details(name, value)
  )
  const { stack } = (entry['err'] ?? {}) as { stack?: string }
  const words = [time, level, String(entry['msg'] ?? ''), ...rest].filter(word => word !== '')
  return `${words.join('  ').replace(control, ' ')}\n${stack === undefined ? '' : `${indented(stack)}\n`}`
}

function details (name: string, value: unknown): string[] {
  if (name === 'req') {
    const { method, path } = value as { method?: string, path?: string }
    return [`${method} ${path}`]
  }
  if (name === 'res') return [String((value as { statusCode?: number }).statusCode)]
  if (name === 'responseTime') return [`${Math.round(value as number)} ms`]
  return [`${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`]
}

const indented = (stack: string) => stack.split('\n').map(line => `          ${line.replace(control, ' ')}`).join('\n')
