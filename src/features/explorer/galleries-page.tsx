import type { JSX } from 'preact'
import type { Scope } from '../access/index.js'
import { words } from './client/words.js'
import { renderPage } from './layout.js'
import { Rows } from './rows.js'

const text = words.galleries

/** A gallery as its pages show it. */
export interface ShownGallery {
  readonly id: string
  readonly name: string
  readonly encrypted: boolean
  readonly createdAt: string
  readonly subjects: number
  readonly templates: readonly {
    readonly model: string
    readonly provenance: 'native' | 'translated'
    readonly count: number
  }[]
}

/** Galleries that are listed. */
export const maxGalleries = 50

interface Reader {
  readonly signedInAs: string | null
  /** whether the reader's key has a scope */
  readonly may: (scope: Scope) => boolean
}

const place = '/explorer/galleries'
const scripts = [
  'galleries.js',
  'api.js',
  'dom.js',
  'enrolment.js',
  'folder.js',
  'migration.js',
  'problem.js',
  'search.js',
  'words.js'
]

/**
 * Renders the galleries, each with its templates as one bar.
 * @param galleries undefined when the reader may not list them
 */
export function renderGalleriesPage (
  galleries: readonly ShownGallery[] | undefined,
  { signedInAs, may }: Reader
): string {
  return renderPage({
    title: `${words.name}: ${text.title}`,
    place,
    signedInAs,
    ...may('enrol') ? { scripts, data: {} } : {}
  }, [
    <h1 key='title'>{text.title}</h1>,
    <p key='lead' class='lead'>{text.lead}</p>,
    galleries === undefined
      ? <p key='missing' class='problem'>{text.missingScope}</p>
      : galleries.length === 0
      ? <p key='none' class='note'>{text.none}</p>
      : <List key='list' galleries={galleries} />,
    galleries?.length === maxGalleries && <p key='more' class='note'>{words.more(maxGalleries)}</p>,
    may('enrol') && (
      <form key='create' id='create-form' class='ways'>
        <label>
          {text.newName} <input type='text' id='create-name' required maxLength={200} autocomplete='off' />
        </label>
        <button type='submit' disabled>{text.create}</button>
        <div id='create-status' role='status' />
      </form>
    )
  ])
}

function List ({ galleries }: { galleries: readonly ShownGallery[] }): JSX.Element {
  return (
    <Rows
      name={text.title}
      columns={text.columns}
      rows={galleries.map(gallery => [gallery.id, [
        <a key='open' href={`${place}/${encodeURIComponent(gallery.id)}`}>{gallery.name}</a>,
        gallery.subjects.toLocaleString('en'),
        <Bar key='bar' gallery={gallery} />,
        gallery.createdAt.slice(0, 10)
      ]])}
    />
  )
}

/** Renders one gallery: its counts and what may be done with it, each part for keys that have its scope. */
export function renderGalleryPage (
  gallery: ShownGallery,
  models: { readonly embedding: readonly string[], readonly all: readonly string[] },
  { signedInAs, may }: Reader
): string {
  const sources = [...new Set(gallery.templates.map(({ model }) => model))]
  const mayRead = may('identify')
  const name = mayRead ? gallery.name : text.nameless(gallery.id)
  return renderPage({
    title: `${words.name}: ${name}`,
    place,
    signedInAs,
    scripts,
    data: { gallery: gallery.id, embedding: models.embedding }
  }, [
    <h1 key='title'>{name}</h1>,
    !mayRead && <p key='missing' class='note'>{text.missingToRead}</p>,
    mayRead && (
      <p key='counts' class='note'>
        {text.subjects(gallery.subjects)}
        {gallery.encrypted ? `, ${text.encrypted}` : ''}
      </p>
    ),
    mayRead && <Bar key='bar' gallery={gallery} isLarge />,
    <noscript key='scripts'>
      <p class='problem'>{text.needsScripts}</p>
    </noscript>,
    mayRead && <Search key='search' />,
    may('enrol') && models.embedding.length > 0 && <Enrolment key='enrol' models={models.embedding} />,
    may('enrol') && sources.length > 0 && <Migration key='migrate' sources={sources} targets={models.all} />
  ])
}

const barWidth = 300

/** The templates of a gallery by model, as one bar, and in words. */
function Bar ({ gallery: { templates }, isLarge = false }: { gallery: ShownGallery, isLarge?: boolean }): JSX.Element {
  const total = templates.reduce((sum, { count }) => sum + count, 0)
  if (total === 0) return <span class='note'>{text.empty}</span>
  const ends = templates.map((_, k) => templates.slice(0, k + 1).reduce((sum, { count }) => sum + count, 0))
  const x = (end: number) => barWidth * end / total
  return (
    <div class={isLarge ? 'stack large' : 'stack'}>
      <svg viewBox={`0 0 ${barWidth} 12`} preserveAspectRatio='none' aria-hidden='true'>
        {templates.map(({ count }, k) => (
          <rect key={k} x={x(ends[k]! - count)} width={x(count)} height='12' class={`part-${k % 4}`} />
        ))}
      </svg>
      {templates.map(({ model, provenance, count }, k) => (
        <span key={k} class='entry'>
          <span class={`swatch part-${k % 4}`} />
          {model}
          {provenance === 'translated' ? ` ${text.translated}` : ''} {count.toLocaleString('en')}
        </span>
      ))}
    </div>
  )
}

function Search (): JSX.Element {
  return (
    <section>
      <h2>{text.search}</h2>
      <p>{text.searchLead} {words.compare.kept}</p>
      <Files id='search' multiple={false} />
      <div id='search-status' aria-live='polite' />
    </section>
  )
}

function Enrolment ({ models }: { models: readonly string[] }): JSX.Element {
  return (
    <section>
      <h2>{text.enrol}</h2>
      <p>{text.enrolLead}</p>
      <Files id='enrol' multiple>
        <label>
          {words.compare.model}{' '}
          <select id='enrol-model' autocomplete='off'>
            {models.map(model => <option key={model} value={model}>{model}</option>)}
          </select>
        </label>
      </Files>
      <div id='enrol-status' role='status' />
    </section>
  )
}

function Files ({ id, multiple, children }: { id: string, multiple: boolean, children?: JSX.Element }): JSX.Element {
  return (
    <div class='drop folder' id={`${id}-drop`}>
      <div class='ways'>
        {multiple ? text.dropMany : words.compare.drop}
        <label class='button'>
          {words.compare.choose}
          <input class='hidden' type='file' accept='image/*' multiple={multiple} id={`${id}-files`} />
        </label>
        {children}
      </div>
    </div>
  )
}

function Migration ({ sources, targets }: { sources: readonly string[], targets: readonly string[] }): JSX.Element {
  return (
    <section>
      <h2>{text.migrate}</h2>
      <p>{text.migrateLead}</p>
      <ol class='steps' id='steps'>
        {text.steps.map(step => <li key={step}>{step}</li>)}
      </ol>
      <div class='ways'>
        <label>
          {words.fit.source}{' '}
          <select id='migrate-source' autocomplete='off'>
            {sources.map(model => <option key={model} value={model}>{model}</option>)}
          </select>
        </label>
        <label>
          {words.fit.target}{' '}
          <select id='migrate-target' autocomplete='off'>
            {targets.map(model => <option key={model} value={model}>{model}</option>)}
          </select>
        </label>
        <button type='button' id='migrate-estimate' disabled>{text.estimate}</button>
      </div>
      <div id='migrate-status' aria-live='polite' />
      <div id='migrations' />
      <h3>{text.reenrol}</h3>
      <p>{text.reenrolLead}</p>
      <div id='reenrolments' aria-live='polite' />
    </section>
  )
}
