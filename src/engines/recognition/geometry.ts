/** Image coordinates: x to the right, y down, in pixels, (0, 0) at the centre of the first pixel. */
export interface Point {
  readonly x: number
  readonly y: number
}

/** Axis-aligned; x and y are its upper left corner. */
export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Left eye, right eye, nose tip, left and right corner of the mouth, as seen with the face upright. */
export type FivePoints = readonly [Point, Point, Point, Point, Point]

/** A square that may be turned: its centre, and the middles of its right and its lower side, of an upright face. */
export type Square = readonly [Point, Point, Point]

export function area (box: Box): number {
  return Math.max(0, box.width) * Math.max(0, box.height)
}

/** Area of the intersection over the area of the union, 0..1; 0 when both boxes are empty. */
export function intersectionOverUnion (a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y)
  if (width <= 0 || height <= 0) return 0
  const intersection = width * height
  return intersection / (area(a) + area(b) - intersection)
}

/** @param f without rotation */
export function mapBox ({ x, y, width, height }: Box, f: (point: Point) => Point): Box {
  const [from, to] = [f({ x, y }), f({ x: x + width, y: y + height })]
  return { ...from, width: to.x - from.x, height: to.y - from.y }
}

export function mapFive (points: FivePoints, f: (point: Point) => Point): FivePoints {
  return [f(points[0]), f(points[1]), f(points[2]), f(points[3]), f(points[4])]
}

export function distance (a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y)
}

export function middle (a: Point, b: Point): Point {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }
}
