import type { InputSize } from './detection/decoder.js'
import { tiles, turnedView, wholeView } from './detection/views.js'
import { area, type Box } from './geometry.js'
import { isFace } from './landmarks.js'
import { applyLevels, fullSpan, liftedLevels, stretchedLevels } from './levels.js'
import type { Pixels } from './pixels.js'
import { mostProminent } from './prominence.js'
import { areSame, isClear, isSure, mergeSightings, type Candidate, type Look, type Sighting } from './sighting.js'

/** What a search of a picture found. */
export interface Found {
  /** Of all faces found, also of those whose points were not looked for. */
  readonly boxes: readonly Box[]
  /** The most prominent face alone, where it left no doubt and no other is wanted; otherwise all. */
  readonly sightings: readonly Sighting[]
}

/** Turns of the picture, in degrees, in the order that they are tried in: each finds faces up to 45 degrees off. */
const quarters = [180, 90, 270]
const eighths = [45, 315, 135, 225]

/**
 * Long sides, in pixels, of the picture in tiles of 320 x 240: a face of a thirtieth is 19 and 27 pixels wide in them,
 * where the smallest anchors of the detector have 10 to 24. The first takes four tiles for 4:3, six for 1:1 and three
 * for 9:16; the second, nine to twelve, is for pictures in which the first show nothing clear.
 */
const tiledSides = [560, 800]

/**
 * Opens the search for faces. One look at the whole picture suffices where it finds a face that is clear and of which
 * the detector is sure. What leaves a doubt is looked at again: with its levels stretched, in tiles, turned.
 * @param input of the detector
 */
export function createSearch (look: Look, input: InputSize) {
  /** @param max limit on the faces of a look that are examined */
  return async function search (picture: Pixels, wanted: 'largest' | 'all', max: number): Promise<Found> {
    const candidates = await look(picture, wholeView(picture))
    const first = await mostProminent(candidates, picture.width, picture.height)?.examine()
    if (wanted === 'largest' && first !== undefined && isSure(first)) {
      return { boxes: candidates.map(({ box }) => box), sightings: [first] }
    }
    const { pixels, sightings: whole } = await relight(picture, await examineAll(candidates, max), wanted, max)
    const parts = wanted === 'all' || !whole.some(isClear) ? await lookAtTiles(pixels, max) : []
    const upright = mergeSightings(whole, parts)
    const sightings = leavesDoubt(whole, upright, wanted, pixels) ? await turn(pixels, upright, max) : upright
    // Of the faces beyond the limit some may have been seen in tiles.
    const beyond = bySize(candidates).slice(max).filter(({ box }) => !sightings.some(seen => areSame(seen.box, box)))
    return { boxes: [...sightings, ...beyond].map(({ box }) => box), sightings }
  }

  /**
   * Stretches the levels of a dark or flat picture in which nothing is clear, or of which all faces are wanted, and
   * lifts its shade if nothing is clear even so. What shows more clear faces counts.
   */
  async function relight (pixels: Pixels, seen: Sighting[], wanted: 'largest' | 'all', max: number) {
    const clear = seen.filter(isClear).length
    const stretched = clear === 0 || wanted === 'all' ? stretchedLevels(pixels, fullSpan) : null
    for (const levels of [stretched, clear === 0 ? liftedLevels(pixels) : null]) {
      if (levels === null) continue
      const relit = applyLevels(pixels, levels)
      const sightings = await examineAll(await look(relit, wholeView(relit)), max)
      if (sightings.filter(isClear).length > clear) return { pixels: relit, sightings }
    }
    return { pixels, sightings: seen }
  }

  async function lookAtTiles (pixels: Pixels, max: number): Promise<Sighting[]> {
    let sightings: Sighting[] = []
    for (const side of tiledSides) {
      for (const tile of await tiles(pixels, input, side)) {
        sightings = mergeSightings(sightings, await examineAll(await look(pixels, tile), max))
      }
      if (sightings.length > 0) break
    }
    return sightings
  }

  /**
   * A picture has one turn: that in which its most prominent face is clearest. Faces that are clear in another are
   * added.
   */
  async function turn (pixels: Pixels, upright: Sighting[], max: number): Promise<Sighting[]> {
    let best = upright
    const others: Sighting[] = []
    for (const turns of [quarters, eighths]) {
      for (const degrees of turns) {
        const turned = await examineAll(await look(pixels, await turnedView(pixels, degrees)), max)
        const [before, now] = [prominentOf(best, pixels), prominentOf(turned, pixels)]
        const isBetter = now !== undefined && (before === undefined || now.drift < before.drift)
        others.push(...isBetter ? best : turned)
        if (isBetter) best = turned
      }
      const prominent = prominentOf(best, pixels)
      if (prominent !== undefined && isClear(prominent)) break
    }
    return mergeSightings(best, others)
  }
}

/**
 * Whether the picture may have to be turned. A face that only tiles show is too small for looks at the whole of it.
 * @param whole seen in the whole picture
 * @param upright seen in tiles as well
 */
function leavesDoubt (
  whole: readonly Sighting[],
  upright: readonly Sighting[],
  wanted: 'largest' | 'all',
  pixels: Pixels
): boolean {
  const prominent = prominentOf(whole, pixels)
  if (prominent === undefined) return upright.length === 0
  return !isSure(prominent) || wanted === 'all' && !whole.every(isClear)
}

function prominentOf (seen: readonly Sighting[], { width, height }: Pixels): Sighting | undefined {
  return mostProminent(seen, width, height, isClear)
}

/** The largest candidates, with their points where these are those of a face. */
async function examineAll (candidates: readonly Candidate[], max: number): Promise<Sighting[]> {
  const sightings: Sighting[] = []
  for (const candidate of bySize(candidates).slice(0, max)) {
    const sighting = await candidate.examine()
    if (isFace(sighting.points)) sightings.push(sighting)
  }
  return sightings
}

function bySize<T extends { readonly box: Box }> (seen: readonly T[]): T[] {
  return [...seen].sort((a, b) => area(b.box) - area(a.box))
}
