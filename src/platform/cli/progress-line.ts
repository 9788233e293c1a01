/** Milliseconds between two updates: of the bar on a terminal, of the lines elsewhere. */
const pauses = { bar: 100, lines: 5000 } as const
const barWidth = 16

export interface ProgressLine {
  /** @param share 0 to 1 @param rows done so far @param all total rows, where known */
  update(share: number, rows: number, all: number | undefined): void
  /** Prints a line that stays; the bar continues below it. */
  say(text: string): void
  /** Prints the final state. */
  end(): void
}

/** Shows progress: a bar on a terminal, an occasional line elsewhere, nothing when `quiet`. */
export function createProgressLine (stream: NodeJS.WriteStream, quiet: boolean): ProgressLine {
  const bar = stream.isTTY
  let began: { readonly at: number, readonly share: number, readonly rows: number } | undefined
  let shown = 0
  let text = ''

  function show (): void {
    if (quiet || text === '') return
    stream.write(bar ? `\r\x1b[2K${text.slice(0, stream.columns - 1)}` : `${text}\n`)
  }

  return {
    update (share, rows, all) {
      const now = performance.now()
      began ??= { at: now, share, rows }
      text = describe({
        share,
        rows,
        all,
        bar,
        seconds: (now - began.at) / 1000,
        gained: share - began.share,
        gainedRows: rows - began.rows
      })
      if (now - shown < (bar ? pauses.bar : pauses.lines)) return
      shown = now
      show()
    },
    say (line) {
      if (bar && !quiet) stream.write('\r\x1b[2K')
      stream.write(`${line}\n`)
    },
    end () {
      show()
      if (bar && !quiet && text !== '') stream.write('\n')
    }
  }
}

interface State {
  readonly share: number
  readonly rows: number
  readonly all: number | undefined
  readonly bar: boolean
  /** since the start; `gained` is the progress made in this time */
  readonly seconds: number
  readonly gained: number
  readonly gainedRows: number
}

function describe ({ share, rows, all, bar, seconds, gained, gainedRows }: State): string {
  const filled = Math.round(share * barWidth)
  const of = all === undefined ? '' : ` of ${all.toLocaleString('en-US')}`
  // Right after the start there is no meaningful speed.
  const speed = seconds > 0.2 && gained > 0
    ? `, ${Math.round(gainedRows / seconds).toLocaleString('en-US')} rows/s, ${
      duration((1 - share) * seconds / gained)
    } left`
    : ''
  const head = `${bar ? `[${'='.repeat(filled)}${' '.repeat(barWidth - filled)}] ` : ''}${Math.floor(share * 100)} %`
  // Some work counts no rows.
  if (rows === 0 && all === undefined) return head
  return `${head}, ${rows.toLocaleString('en-US')}${of} rows${speed}`
}

function duration (seconds: number): string {
  const whole = Math.ceil(seconds)
  const two = (value: number) => String(value).padStart(2, '0')
  const hours = Math.floor(whole / 3600)
  return `${hours > 0 ? `${hours}:` : ''}${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`
}
