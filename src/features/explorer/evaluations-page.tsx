import type { JSX } from 'preact'
import { words } from './client/words.js'
import { renderPage } from './layout.js'
import { Rows } from './rows.js'

const text = words.evaluations

type Evaluations = readonly {
  readonly id: string
  readonly request: { readonly models: readonly string[] }
  readonly createdAt: string
}[]

/** Evaluations that are listed. */
export const maxEvaluations = 200

/** Renders the stored evaluations, each of which has a page. */
export function renderEvaluationsPage (evaluations: Evaluations, signedInAs: string | null): string {
  return renderPage({ title: `${words.name}: ${text.title}`, place: '/explorer/evaluations', signedInAs }, [
    <h1 key='title'>{text.title}</h1>,
    <p key='lead' class='lead'>{text.lead}</p>,
    evaluations.length === 0
      ? <p key='none' class='note'>{text.none}</p>
      : <List key='list' evaluations={evaluations} />,
    evaluations.length === maxEvaluations && <p key='more' class='note'>{words.more(maxEvaluations)}</p>
  ])
}

function List ({ evaluations }: { evaluations: Evaluations }): JSX.Element {
  return (
    <Rows
      name={text.title}
      columns={text.columns}
      rows={evaluations.map(({ id, request: { models }, createdAt }) => [id, [
        <a key='page' href={`/v1/evaluations/${id}/page`}>{models.join(', ')}</a>,
        createdAt.slice(0, 10)
      ]])}
    />
  )
}
