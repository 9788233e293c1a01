/** Milliseconds between two pictures of the bar, and between two lines where there is no terminal. */
const pauses = { bar: 100, lines: 5000 } as const
const barWidth = 16

export interface ProgressLine {
  /** @param share 0 to 1 @param rows done @param all rows, where their number is known */
  update (share: number, rows: number, all: number | undefined): void
  /** Shows a line that stays, and goes on below it. */
  say (text: string): void
  /** Shows how far it has come for the last time. */
  end (): void
}

/** How far something has come: a bar on a terminal, a line now and then elsewhere, nothing when `quiet`. */
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
      text = describe({ share, rows, all, bar, seconds: (now - began.at) / 1000, gained: share - began.share, gainedRows: rows - began.rows })
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
  /** since it began, with what was gained in them */
  readonly seconds: number
  readonly gained: number
  readonly gainedRows: number
}

function describe ({ share, rows, all, bar, seconds, gained, gainedRows }: State): string {
  const filled = Math.round(share * barWidth)
  const of = all === undefined ? '' : ` of ${all.toLocaleString('en-US')}`
  // Of the first moment no speed can be told.
  const speed = seconds > 0.2 && gained > 0
    ? `, ${Math.round(gainedRows / seconds).toLocaleString('en-US')} rows/s, ${duration((1 - share) * seconds / gained)} left`
    : ''
  return `${bar ? `[${'='.repeat(filled)}${' '.repeat(barWidth - filled)}] ` : ''}${Math.floor(share * 100)} %, ${rows.toLocaleString('en-US')}${of} rows${speed}`
}

function duration (seconds: number): string {
  const whole = Math.ceil(seconds)
  const two = (value: number) => String(value).padStart(2, '0')
  const hours = Math.floor(whole / 3600)
  return `${hours > 0 ? `${hours}:` : ''}${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`
}
