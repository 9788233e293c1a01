import type { JSX } from 'preact'
import { words } from './client/words.js'

const text = words.fit

/** Maps in the making: the newest jobs, and a form that fits a map on a folder of photographs. Both need scripts. */
export function MakingSection (
  { models, mayFit, mayActivate }: {
    /** that can embed photographs */
    models: readonly string[]
    mayFit: boolean
    mayActivate: boolean
  }
): JSX.Element {
  return (
    <section id='making'>
      <h2>{words.jobs.title}</h2>
      <noscript>
        <p class='note'>{words.jobs.needsScripts}</p>
      </noscript>
      <div id='jobs' />
      {mayFit && models.length > 1 && (
        <form id='fit-form'>
          <h3>{text.title}</h3>
          <p>{text.lead}</p>
          <div class='drop folder' id='fit-drop'>
            <p>
              {text.drop}{' '}
              <label class='button'>
                {text.choose}
                <input class='hidden' type='file' id='fit-files' multiple {...{ webkitdirectory: '' }} />
              </label>
            </p>
          </div>
          <div class='ways'>
            <Models id='fit-source' label={text.source} models={models} chosen={0} />
            <Models id='fit-target' label={text.target} models={models} chosen={1} />
            <label>
              {text.name} <input type='text' id='fit-name' maxLength={200} autocomplete='off' />
            </label>
            {mayActivate && (
              <label>
                <input type='checkbox' id='fit-activate' /> {text.activate}
              </label>
            )}
            <button type='submit' class='primary' disabled>{text.submit}</button>
          </div>
          <p class='note'>{words.compare.kept} {text.kept}</p>
          <div id='fit-status' role='status' />
        </form>
      )}
    </section>
  )
}

function Models (
  { id, label, models, chosen }: { id: string, label: string, models: readonly string[], chosen: number }
): JSX.Element {
  return (
    <label>
      {label}{' '}
      <select id={id} autocomplete='off'>
        {models.map((model, k) => <option key={model} value={model} selected={k === chosen}>{model}</option>)}
      </select>
    </label>
  )
}
