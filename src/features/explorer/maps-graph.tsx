import type { JSX } from 'preact'
import type { StoredMap } from '../catalogue/index.js'
import { words } from './client/words.js'

const size = { width: 340, height: 300 }
const centre = { x: size.width / 2, y: size.height / 2 }
const ring = { x: size.width / 2 - 52, y: size.height / 2 - 34 }
/** Distance of a line's ends from the centre of a node. */
const clearance = 15

/** Models on a ring and the active maps between them. */
export function MapsGraph (
  { models, hubs, maps }: {
    models: readonly string[]
    /** those of `models` that are hubs */
    hubs: ReadonlySet<string>
    maps: readonly StoredMap[]
  }
): JSX.Element {
  const places = new Map(models.map((model, k) => [model, placeOf(k, models.length)]))
  return (
    <figure class='graph'>
      <svg viewBox={`0 0 ${size.width} ${size.height}`} role='img' aria-label={words.maps.graphDescription}>
        <defs>
          <marker id='arrow' viewBox='0 0 8 8' refX='7' refY='4' markerWidth='7' markerHeight='7' orient='auto'>
            <path d='M0 0L8 4L0 8z' class='arrow' />
          </marker>
        </defs>
        {maps.map(map => {
          const [from, to] = [places.get(map.source.model), places.get(map.target.model)]
          if (from === undefined || to === undefined) return null
          return (
            <path
              key={map.id}
              d={curve(from, to)}
              class={`edge ${map.card.verdict?.verdict ?? ''} ${map.method === 'composition' ? 'composed' : ''}`}
              marker-end='url(#arrow)'
            />
          )
        })}
        {models.map(model => {
          const { x, y } = places.get(model)!
          const above = y < centre.y
          return (
            <g key={model}>
              {hubs.has(model) && <circle cx={x} cy={y} r={11} class='node ring' />}
              <circle cx={x} cy={y} r={7} class='node' />
              <text x={x} y={above ? y - 16 : y + 26} text-anchor='middle'>{shortened(model)}</text>
            </g>
          )
        })}
      </svg>
      <figcaption>{words.maps.graphDescription}</figcaption>
    </figure>
  )
}

interface Point {
  readonly x: number
  readonly y: number
}

function placeOf (k: number, of: number): Point {
  const angle = 2 * Math.PI * k / of - Math.PI / 2
  return { x: centre.x + ring.x * Math.cos(angle), y: centre.y + ring.y * Math.sin(angle) }
}

/** A curve to the left of the straight line, so that the maps there and back lie side by side. */
function curve (from: Point, to: Point): string {
  const [dx, dy] = [to.x - from.x, to.y - from.y]
  const length = Math.hypot(dx, dy) || 1
  const [ux, uy] = [dx / length, dy / length]
  const bend = 0.09 * length
  const middle = { x: (from.x + to.x) / 2 + uy * bend, y: (from.y + to.y) / 2 - ux * bend }
  const at = ({ x, y }: Point, along: number) =>
    `${(x + ux * along + uy * 4).toFixed(1)} ${(y + uy * along - ux * 4).toFixed(1)}`
  return `M${at(from, clearance)}Q${middle.x.toFixed(1)} ${middle.y.toFixed(1)} ${at(to, -clearance)}`
}

const maxName = 14
const shortened = (name: string) => name.length <= maxName ? name : `${name.slice(0, maxName - 1)}…`
