import type { JSX } from 'preact'
import { Scale, Section } from '../../platform/pages/elements.js'
import type { StoredMap } from '../catalogue/index.js'
import { words } from './client/words.js'
import { type LayoutOptions, renderPage } from './layout.js'
import { MakingSection } from './making-section.js'
import { MapsGraph } from './maps-graph.js'
import { Rows } from './rows.js'

const text = words.maps
const scripts = ['maps.js', 'api.js', 'dom.js', 'fit.js', 'folder.js', 'jobs.js', 'problem.js', 'words.js']

/** A model as the page shows it. */
export interface ShownModel {
  readonly id: string
  readonly title: string
  readonly dimension: number
  readonly canEmbed: boolean
  readonly licence: string
  readonly isHub: boolean
}

export interface MapsPage {
  readonly models: readonly ShownModel[]
  readonly active: readonly StoredMap[]
  /** the pair whose versions are shown */
  readonly pair:
    | { readonly source: string, readonly target: string, readonly versions: readonly StoredMap[] }
    | undefined
  /** whether the reader may activate, retire and export */
  readonly mayChange: boolean
  /** whether the reader may fit maps */
  readonly mayFit: boolean
  readonly signedInAs: string | null
}

/** Models with more columns than this are listed, and their maps with them, but not drawn. */
const maxDrawn = 16
/** Versions of one pair that are listed. */
export const maxVersions = 100

/** Renders the models, who is translated into whom, and the versions of one pair. Everything reads without scripts. */
export function renderMapsPage ({ models, active, pair, mayChange, mayFit, signedInAs }: MapsPage): string {
  const drawn = connected(models, active).slice(0, maxDrawn)
  const options: LayoutOptions = {
    title: `${words.name}: ${text.title}`,
    place: '/explorer/maps',
    signedInAs,
    scripts,
    data: { mayActivate: mayChange }
  }
  return renderPage(options, [
    <h1 key='title'>{text.title}</h1>,
    <p key='lead' class='lead'>{text.lead}</p>,
    pair !== undefined && <Versions key='versions' {...pair} mayChange={mayChange} />,
    active.length === 0
      ? <p key='nothing' class='problem'>{text.nothing}</p>
      : (
        <Section key='matrix' title={text.matrix}>
          <p>{text.terms}</p>
          <Matrix models={drawn.map(({ id }) => id)} active={active} />
          <Scale name={text.scale} />
        </Section>
      ),
    active.length > 0 && (
      <Section key='graph' title={text.graph}>
        <MapsGraph
          models={drawn.map(({ id }) => id)}
          hubs={new Set(models.filter(({ isHub }) => isHub).map(({ id }) => id))}
          maps={active}
        />
      </Section>
    ),
    <MakingSection
      key='making'
      models={models.filter(({ canEmbed }) => canEmbed).map(({ id }) => id)}
      mayFit={mayFit}
      mayActivate={mayChange}
    />,
    <Section key='pairs' title={text.pairs}>
      <Pairs active={active} />
    </Section>,
    <Section key='models' title={text.models}>
      <Models models={models} />
    </Section>
  ])
}

/** Models of some map first, then those that can embed: the others have nothing to draw. */
function connected (models: readonly ShownModel[], active: readonly StoredMap[]): ShownModel[] {
  const named = new Set(active.flatMap(({ source, target }) => [source.model, target.model]))
  return models.filter(({ id, canEmbed }) => named.has(id) || canEmbed)
}

function Matrix ({ models, active }: { models: readonly string[], active: readonly StoredMap[] }): JSX.Element {
  const maps = new Map(active.map(map => [JSON.stringify([map.source.model, map.target.model]), map]))
  return (
    <div class='table' role='group' aria-label={text.matrix} tabIndex={0}>
      <table class='matrix'>
        <thead>
          <tr>
            <td />
            {models.map(target => <th key={target} scope='col'>{target}</th>)}
          </tr>
        </thead>
        <tbody>
          {models.map(source => (
            <tr key={source}>
              <th scope='row'>{source}</th>
              {models.map(target => (
                <Cell key={target} source={source} target={target} map={maps.get(JSON.stringify([source, target]))} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Cell ({ source, target, map }: { source: string, target: string, map: StoredMap | undefined }): JSX.Element {
  if (source === target) return <td class='same' />
  if (map === undefined) {
    return <td class='note' title={text.noneTitle(source, target)}>{text.none}</td>
  }
  const tmr = tmrOf(map)
  const verdict = map.card.verdict?.verdict
  return (
    <td class={tmr === undefined ? '' : `heat-${Math.round(10 * tmr)}`}>
      <a href={cardOf(map)} title={`${source} → ${target}: ${verdict ?? text.unmeasured}`}>
        {tmr === undefined ? '–' : tmr.toFixed(3)}
        {verdict !== undefined && ` ${text.letters[verdict]}`}
      </a>
    </td>
  )
}

function Pairs ({ active }: { active: readonly StoredMap[] }): JSX.Element {
  return (
    <Rows
      name={text.pairs}
      columns={text.pairColumns}
      rows={active.map(map => [
        map.id,
        [
          map.source.model,
          map.target.model,
          <a key='card' href={cardOf(map)}>{map.version}</a>,
          <Verdict key='verdict' map={map} />,
          map.method,
          <a
            key='versions'
            href={`/explorer/maps?source=${encodeURIComponent(map.source.model)}&target=${
              encodeURIComponent(map.target.model)
            }#versions`}
          >
            {text.versions}
          </a>
        ]
      ])}
    />
  )
}

function Versions (
  { source, target, versions, mayChange }: NonNullable<MapsPage['pair']> & { mayChange: boolean }
): JSX.Element {
  return (
    <section id='versions'>
      <h2>{text.versionsOf(source, target)}</h2>
      {versions.length === 0 && <p>{text.noVersions}</p>}
      {versions.length > 0 && (
        <Rows
          name={text.versionsOf(source, target)}
          columns={[...text.versionColumns, ...mayChange ? [''] : []]}
          rows={versions.map(map => [map.id, [
            String(map.version),
            map.state,
            <Verdict key='verdict' map={map} />,
            map.method,
            map.createdAt.slice(0, 10),
            <a key='card' href={cardOf(map)}>{text.card}</a>,
            ...mayChange
              ? [
                <span key='changes' class='changes' data-map={map.id} data-state={map.state}>
                  <a href={`/v1/maps/${map.id}/bundle`} download>{text.export}</a>
                </span>
              ]
              : []
          ]])}
        />
      )}
      {versions.length === maxVersions && <p class='note'>{words.more(maxVersions)}</p>}
      <div id='refusal' aria-live='polite' />
    </section>
  )
}

function Verdict ({ map: { card: { verdict } } }: { map: StoredMap }): JSX.Element {
  return verdict === undefined ? <>{text.unmeasured}</> : <span class={verdict.verdict}>{verdict.verdict}</span>
}

function Models ({ models }: { models: readonly ShownModel[] }): JSX.Element {
  return (
    <Rows
      name={text.models}
      columns={text.modelColumns}
      rows={models.map(({ id, title, dimension, canEmbed, licence }) => [
        id,
        [id, title, dimension.toLocaleString('en'), canEmbed ? text.yes : text.no, licence]
      ])}
    />
  )
}

const cardOf = ({ id }: StoredMap) => `/v1/maps/${id}/card`

/** Of the translation, as a matrix of directions shows it. */
const tmrOf = ({ card }: StoredMap): number | undefined =>
  card.evaluation.crossModel.operatingPoints.find(({ fmr }) => fmr === 1e-3)?.tmr ?? undefined
