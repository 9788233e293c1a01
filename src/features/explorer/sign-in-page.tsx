import { words } from './client/words.js'
import { renderPage } from './layout.js'

const text = words.signIn

export type SignInRefusal = keyof typeof text.refused

/**
 * Renders the form that exchanges an API key for a session. It works without scripts.
 *
 * @param next where to go afterwards, a path of this service
 */
export function renderSignInPage (next: string, refusal?: SignInRefusal): string {
  return renderPage({ title: `${words.name}: ${text.title}`, place: '', signedInAs: null }, [
    <h1 key='title'>{text.title}</h1>,
    <p key='why' class='lead'>{text.why}</p>,
    refusal === undefined ? null : <p key='refusal' class='problem' role='alert'>{text.refused[refusal]}</p>,
    <form key='form' method='post' action='/explorer/sign-in'>
      <input type='hidden' name='next' value={next} />
      <p>
        <label>
          {text.label}{' '}
          <input type='password' name='key' autocomplete='off' spellcheck={false} required maxLength={200} />
        </label>{' '}
        <button type='submit' class='primary'>{text.submit}</button>
      </p>
    </form>
  ])
}
