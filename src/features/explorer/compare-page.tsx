import type { JSX } from 'preact'
import { words } from './client/words.js'
import { renderPage } from './layout.js'
import type { Scope } from '../access/index.js'

export interface ComparePage {
  /** models that can embed, and the two to begin with */
  readonly models: { readonly embedding: readonly string[], readonly first: string, readonly second: string }
  /** files of the sample photographs and of their thumbnails */
  readonly samples: readonly { readonly file: string, readonly small: string }[]
  /** scopes that the reader's key lacks for comparing */
  readonly missing: readonly Scope[]
  readonly signedInAs: string | null
  /** whether callers need keys */
  readonly keys: boolean
  /** whether the reader's key has a budget that each comparison counts in */
  readonly budgeted: boolean
}

const text = words.compare
const scripts = [
  'compare.js',
  'answer.js',
  'api.js',
  'camera.js',
  'dom.js',
  'photograph.js',
  'problem.js',
  'ruler.js',
  'snippets.js',
  'words.js'
]

/** Renders the page on which two photographs are compared. */
export function renderComparePage (page: ComparePage): string {
  const { models, missing, signedInAs, keys, budgeted } = page
  const able = missing.length === 0 && models.embedding.length > 0
  return renderPage({
    title: `${words.name}: ${text.title}`,
    place: '/',
    signedInAs,
    ...able ? { scripts, data: { models, keys, budgeted } } : {}
  }, [
    <h1 key='title'>{text.title}</h1>,
    <p key='lead' class='lead'>{text.lead} {text.kept}</p>,
    able
      ? <Comparison key='comparison' {...page} />
      : missing.length > 0
      ? <p key='missing' class='problem'>{text.missingScopes} {missing.join(', ')}.</p>
      : <p key='none' class='problem'>{text.noModels}</p>
  ])
}

function Comparison ({ models, samples }: ComparePage): JSX.Element {
  return (
    <>
      <noscript>
        <p class='problem'>{text.needsScripts}</p>
      </noscript>
      <div class='sides'>
        <Side letter='a' model={models.first} models={models.embedding} samples={samples} />
        <Side letter='b' model={models.second} models={models.embedding} samples={samples} />
      </div>
      <h2>{text.answer}</h2>
      <fieldset class='rates'>
        <legend>{text.rates}</legend>
        {[0.01, 0.001, 0.0001].map(fmr => (
          <label key={fmr}>
            <input type='radio' name='fmr' value={String(fmr)} checked={fmr === 0.001} /> 1 in{' '}
            {Math.round(1 / fmr).toLocaleString('en')}
          </label>
        ))}
      </fieldset>
      <div id='answer' aria-live='polite'>
        <p class='note'>{text.nothingYet}</p>
      </div>
    </>
  )
}

function Side (
  { letter, model, models, samples }: {
    letter: 'a' | 'b'
    model: string
    models: readonly string[]
    samples: ComparePage['samples']
  }
): JSX.Element {
  const name = letter.toUpperCase()
  return (
    <section id={`side-${letter}`} aria-labelledby={`title-${letter}`}>
      <h2 id={`title-${letter}`}>{text.photograph} {name}</h2>
      <div class='drop' id={`drop-${letter}`}>
        <div class='view' id={`view-${letter}`}>
          <p>{text.drop}</p>
        </div>
      </div>
      <div class='ways'>
        <label class='button'>
          {text.choose}
          <input
            class='hidden'
            type='file'
            accept='image/*'
            id={`file-${letter}`}
            aria-label={`${text.choose}, ${name}`}
          />
        </label>
        <button type='button' id={`camera-${letter}`} aria-label={`${text.camera}, ${name}`} disabled>
          {text.camera}
        </button>
        <label>
          {text.model}{' '}
          <select id={`model-${letter}`} aria-label={`${text.model}, ${name}`} autocomplete='off'>
            {models.map(id => <option key={id} value={id} selected={id === model}>{id}</option>)}
          </select>
        </label>
        {samples.length > 0 && <span class='note'>{text.samples}</span>}
      </div>
      <ul class='samples' id={`samples-${letter}`}>
        {samples.map(({ file, small }, k) => (
          <li key={file}>
            {/* A click before the script listens would be lost. */}
            <button type='button' data-file={file} disabled>
              <img
                src={`/explorer/samples/${small}`}
                alt={`${text.sample} ${k + 1}, ${name}`}
                width='48'
                height='48'
                loading='lazy'
              />
            </button>
          </li>
        ))}
      </ul>
      <div id={`status-${letter}`} aria-live='polite' />
    </section>
  )
}
