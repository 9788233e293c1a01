import type { ComponentChildren, JSX } from 'preact'
import { renderToString } from 'preact-render-to-string'
import { Bar, explorerPlaces } from '../../platform/pages/document.js'
import { icon } from '../../platform/pages/mark.js'
import { words } from './client/words.js'
import { explorerStyle } from './style.js'

/** The places of the explorer, and the API. */
const places = [...explorerPlaces, ['/docs', words.api]] as const

export interface LayoutOptions {
  readonly title: string
  /** the address of the place */
  readonly place: string
  /** name of the key that the reader is signed in with; null without a session */
  readonly signedInAs: string | null
  /** the module that brings the page to life, and what it imports */
  readonly scripts?: readonly string[]
  /** for the scripts */
  readonly data?: unknown
}

/** Renders a page of the explorer. @returns an HTML document */
export const renderPage = (options: LayoutOptions, content: ComponentChildren): string =>
  '<!DOCTYPE html>' + renderToString(<Layout {...options}>{content}</Layout>)

function Layout (
  { title, place, signedInAs, scripts = [], data, children }: LayoutOptions & { children: ComponentChildren }
): JSX.Element {
  return (
    <html lang={words.language}>
      <head>
        <meta charset='utf-8' />
        <meta name='viewport' content='width=device-width, initial-scale=1' />
        <title>{title}</title>
        <link rel='icon' href={icon} />
        {scripts.map(script => <link key={script} rel='modulepreload' href={clientFile(script)} />)}
        <style dangerouslySetInnerHTML={{ __html: explorerStyle }} />
      </head>
      <body>
        <Bar places={places} here={place}>{signedInAs !== null && <SignOut name={signedInAs} />}</Bar>
        <main>{children}</main>
        {data !== undefined && (
          <script type='application/json' id='data' dangerouslySetInnerHTML={{ __html: scriptSafe(data) }} />
        )}
        {scripts[0] !== undefined && <script type='module' src={clientFile(scripts[0])} />}
      </body>
    </html>
  )
}

function SignOut ({ name }: { name: string }): JSX.Element {
  return (
    <form method='post' action='/explorer/sign-out'>
      <span>
        {words.signIn.signedIn} <strong>{name}</strong>
      </span>
      <button type='submit'>{words.signIn.out}</button>
    </form>
  )
}

const clientFile = (name: string) => `/explorer/client/${name}`

/** JSON that ends no script element, whatever its texts are. */
const scriptSafe = (data: unknown) => JSON.stringify(data).replaceAll('<', '\\u003c')
