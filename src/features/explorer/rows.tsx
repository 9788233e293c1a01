import type { JSX } from 'preact'

type Row = readonly [key: string, cells: readonly (string | JSX.Element)[]]

/** A table of words. @param name what it lists */
export function Rows (
  { name, columns, rows }: { name: string, columns: readonly string[], rows: readonly Row[] }
): JSX.Element {
  return (
    <div class='table' role='group' aria-label={name} tabIndex={0}>
      <table class='words'>
        <thead>
          <tr>
            {columns.map((column, k) =>
              column === '' ? <td key={k} /> : <th key={k} scope='col' class='text'>{column}</th>
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map(([key, cells]) => <tr key={key}>{cells.map((cell, k) => <td key={k} class='text'>{cell}</td>)}
          </tr>)}
        </tbody>
      </table>
    </div>
  )
}
