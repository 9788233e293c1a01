import type { ComponentChildren, JSX } from 'preact'

/** A section; nothing when it has no content. */
export function Section ({ title, children }: { title: string, children: ComponentChildren }): JSX.Element {
  return (
    <section>
      <h2>{title}</h2>
      {children}
    </section>
  )
}

export interface Row {
  readonly cells: readonly string[]
  readonly kind?: 'own' | 'unsupported' | undefined
}

/** A table whose first column names its rows. @param text columns, counted from 0, with words rather than numbers */
export function Table (
  { caption, columns, rows, text = [] }: {
    caption: string
    columns: readonly string[]
    rows: readonly Row[]
    text?: readonly number[]
  }
): JSX.Element {
  const kindOf = (column: number) => text.includes(column) ? { class: 'text' } : {}
  return (
    // Wider than a telephone: it scrolls, by keyboard too.
    <div class='table' role='region' aria-label={caption} tabIndex={0}>
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>{columns.map((column, k) => <th key={k} scope='col' {...kindOf(k)}>{column}</th>)}</tr>
        </thead>
        <tbody>
          {rows.map(({ cells, kind }, k) => (
            <tr key={k} {...(kind === undefined ? {} : { class: kind })}>
              {cells.map((cell, c) =>
                c === 0 ? <th key={c} scope='row'>{cell}</th> : <td key={c} {...kindOf(c)}>{cell}</td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** Names and values, one per line. */
export function Facts ({ facts }: { facts: readonly (readonly [string, ComponentChildren])[] }): JSX.Element {
  return <dl>{facts.map(([name, value]) => [<dt key={name}>{name}</dt>, <dd key={`${name} value`}>{value}</dd>])}</dl>
}

/**
 * A drawing with a title and a description, visible and for screen readers.
 * @param svg an `svg` element as text, already escaped; without one there is no figure
 */
export function Figure ({ id, title, description, size, svg }: {
  id: string
  title: string
  description: string
  size: { readonly width: number, readonly height: number }
  svg: string | undefined
}): JSX.Element | null {
  if (svg === undefined) return null
  return (
    <figure>
      <svg
        viewBox={`0 0 ${size.width} ${size.height}`}
        role='img'
        aria-labelledby={`${id}-title`}
        aria-describedby={`${id}-description`}
      >
        <title id={`${id}-title`}>{title}</title>
        <desc id={`${id}-description`}>{description}</desc>
        <g aria-hidden='true' dangerouslySetInnerHTML={{ __html: svg }} />
      </svg>
      <figcaption>
        <strong>{title}.</strong> {description}
      </figcaption>
    </figure>
  )
}
