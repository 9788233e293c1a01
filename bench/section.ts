/** What one section of the benchmark has measured, as it stands in docs/performance.md. */
export interface Section {
  readonly title: string
  /** What was measured and how, and tables beside the figures. */
  readonly markdown: string
  readonly figures: Figure[]
}

export interface Figure {
  readonly name: string
  /** the median of the rounds */
  readonly value: number
  /** null for what has no target and is only shown */
  readonly target: number | null
  /** the smallest and the largest of the rounds */
  readonly spread: [number, number]
  /** whether the value has to reach the target, or to stay at or below it; `at-least` when absent */
  readonly sense?: 'at-least' | 'at-most'
}

export interface MeasureOptions {
  /** how often each of the things compared runs, in turn */
  readonly rounds: number
  log(line: string): void
}

/** Whether a figure meets its target; undefined when it has none. */
export function isMet ({ value, target, sense = 'at-least' }: Figure): boolean | undefined {
  if (target === null) return undefined
  return sense === 'at-least' ? value >= target : value <= target
}

/** The figures as a table. */
export function figuresTable (figures: readonly Figure[]): string {
  return markdownTable(
    ['figure', 'median', 'spread', 'target', ''],
    figures.map(figure => {
      const met = isMet(figure)
      return [
        figure.name,
        amount(figure.value),
        `${amount(figure.spread[0])} to ${amount(figure.spread[1])}`,
        figure.target === null ? '' : `${figure.sense === 'at-most' ? 'at most' : 'at least'} ${amount(figure.target)}`,
        met === undefined ? '' : met ? 'met' : '**not met**'
      ]
    })
  )
}

export function markdownTable (header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(header), `|${'---|'.repeat(header.length)}`, ...rows.map(line)].join('\n')
}

/** Three significant digits, in groups of three: 0.947, 12.3, 71,400. */
export function amount (value: number): string {
  if (!Number.isFinite(value)) return String(value)
  return Number(value.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 12 })
}
