import type { ComponentChildren, JSX } from 'preact'
import type { Drawing, Drawings } from './plots/draw.js'

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
    <div class='table' role='group' aria-label={caption} tabIndex={0}>
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>
            {columns.map((column, k) =>
              column === '' ? <td key={k} /> : <th key={k} scope='col' {...kindOf(k)}>{column}</th>
            )}
          </tr>
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
 * A drawing with a title and a description, visible and for screen readers. A page shows the one that was drawn for its
 * width.
 *
 * @param drawings without one there is no figure
 */
export function Figure ({ id, title, description, drawings }: {
  id: string
  title: string
  description: string
  drawings: Drawings | undefined
}): JSX.Element | null {
  if (drawings === undefined) return null
  return (
    <figure>
      <Svg id={id} shown='wide' title={title} description={description} {...drawings.wide} />
      <Svg id={`${id}-narrow`} shown='narrow' title={title} description={description} {...drawings.narrow} />
      <figcaption>
        <strong>{title}.</strong> {description}
      </figcaption>
    </figure>
  )
}

function Svg (
  { id, shown, title, description, width, height, svg }: Drawing & {
    id: string
    shown: 'wide' | 'narrow'
    title: string
    description: string
  }
): JSX.Element {
  return (
    <svg
      class={shown}
      viewBox={`0 0 ${width} ${height}`}
      role='img'
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-description`}
    >
      <title id={`${id}-title`}>{title}</title>
      <desc id={`${id}-description`}>{description}</desc>
      <g aria-hidden='true' dangerouslySetInnerHTML={{ __html: svg }} />
    </svg>
  )
}

/** The colours of a rate from 0 to 1. */
export function Scale ({ name }: { name: string }): JSX.Element {
  return (
    <p class='scale note'>
      {name}
      {Array.from({ length: 6 }, (_, k) => <span key={k} class={`heat-${2 * k}`}>{(k / 5).toFixed(1)}</span>)}
    </p>
  )
}
