import type { FastifyInstance } from 'fastify'
import type { ComponentChildren, JSX } from 'preact'
import { mark } from './mark.js'
import { style } from './style.js'

/** A link to another page of the service: its path and its name. */
export type Place = readonly [path: string, name: string]

/** Where the bar of a page leads: the places of the explorer. */
export const explorerPlaces: readonly Place[] = [
  ['/', 'Compare'],
  ['/explorer/maps', 'Models and maps'],
  ['/explorer/galleries', 'Galleries'],
  ['/explorer/evaluations', 'Evaluations']
]

/** Where a browser signs in with a key. */
export const signInPath = '/explorer/sign-in'

/** Where the bar of a stored page leads: nowhere when the explorer is switched off. Known once all routes are. */
export const placesOf = (app: FastifyInstance): readonly Place[] =>
  app.hasRoute({ method: 'GET', url: '/' }) ? explorerPlaces : []

/** A stored page: self-contained, without scripts. @param places none where the explorer is switched off */
export function Document (
  { title, places, children }: { title: string, places: readonly Place[], children: ComponentChildren }
): JSX.Element {
  return (
    <html lang='en'>
      <head>
        <meta charset='utf-8' />
        <meta name='viewport' content='width=device-width, initial-scale=1' />
        <title>{title}</title>
        {/* Verbatim: the content security policy of the page contains its hash. */}
        <style dangerouslySetInnerHTML={{ __html: style }} />
      </head>
      <body>
        {places.length > 0 && <Bar places={places} />}
        <main>{children}</main>
      </body>
    </html>
  )
}

/** The line on top of a page. @param here path of the page, where it is one of the places */
export function Bar (
  { places, here, children }: { places: readonly Place[], here?: string, children?: ComponentChildren }
): JSX.Element {
  return (
    <header class='bar'>
      <a class='mark' href='/'>
        <span aria-hidden='true' dangerouslySetInnerHTML={{ __html: mark }} />
        Crosswalk
      </a>
      <nav aria-label='Crosswalk'>
        {places.map(([path, name]) => (
          <a key={path} href={path} {...(path === here ? { 'aria-current': 'page' as const } : {})}>{name}</a>
        ))}
      </nav>
      {children}
    </header>
  )
}
