import { createHash } from 'node:crypto'
import { Type, type Static } from 'typebox'
import type { TemplateMatrix } from '../linear-algebra/matrix.js'
import { closed } from '../schemas.js'
import { bytesOfFloat32, float32FromBytes } from '../template/float32.js'
import type { ComparisonSide, ComparisonSpace, LengthFloor } from './comparison-space.js'

const Rows = Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
  description: 'Dimension of the templates; null for templates that are compared as they are'
})

/** The properties that identify the layout of a comparison space's numbers. */
export const ComparisonShape = Type.Object({
  dimension: Type.Integer({ minimum: 1 }),
  source: Rows,
  target: Rows,
  /** of the normalisation of scores; null without one */
  scale: Type.Union([Type.Number(), Type.Null()]),
  /** whether a side has a floor; missing from spaces that were fitted before there were any */
  floors: Type.Optional(Type.Object({ source: Type.Boolean(), target: Type.Boolean() }, closed))
}, closed)
export type ComparisonShape = Static<typeof ComparisonShape>

/** A comparison space as it is stored and transferred. */
export interface EncodedComparison {
  readonly shape: ComparisonShape
  /** little-endian float32, in the order of `comparison_spaces.numbers`, then centre and length of each floor */
  readonly bytes: Buffer
  readonly sha256: string
}

export function encodeComparison ({ source, target, normalisation }: ComparisonSpace): EncodedComparison {
  const parts = [source, target].flatMap(({ weights, bias }) => weights === null ? [bias] : [weights.data, bias])
  if (normalisation !== null) {
    parts.push(
      normalisation.meanSource,
      normalisation.meanTarget,
      normalisation.covarianceSource.data,
      normalisation.covarianceTarget.data
    )
  }
  for (const { floor } of [source, target]) {
    if (floor !== undefined) parts.push(floor.centre, Float32Array.of(floor.length))
  }
  const bytes = Buffer.concat(parts.map(bytesOfFloat32))
  const floors = { source: source.floor !== undefined, target: target.floor !== undefined }
  return {
    shape: {
      dimension: source.bias.length,
      source: source.weights?.rows ?? null,
      target: target.weights?.rows ?? null,
      scale: normalisation?.scale ?? null,
      ...floors.source || floors.target ? { floors } : {}
    },
    bytes,
    sha256: createHash('sha256').update(bytes).digest('hex')
  }
}

/** @throws RangeError when the numbers do not match the digest or the shape */
export function decodeComparison ({ shape, bytes, sha256 }: EncodedComparison): ComparisonSpace {
  const { dimension, scale, floors = { source: false, target: false } } = shape
  const digest = createHash('sha256').update(bytes).digest('hex')
  if (digest !== sha256) {
    throw new RangeError(`expected SHA-256 ${sha256} of the numbers of a comparison space, found ${digest}`)
  }
  const expected = ((shape.source ?? 0) + (shape.target ?? 0) + 2 + (scale === null ? 0 : 2 + 2 * dimension)) *
      dimension + (Number(floors.source) + Number(floors.target)) * (dimension + 1)
  if (bytes.length !== expected * 4) {
    throw new RangeError(`expected ${expected * 4} bytes of a comparison space, found ${bytes.length}`)
  }
  const values = float32FromBytes(bytes)
  let position = 0
  const take = (count: number) => {
    position += count
    return values.subarray(position - count, position)
  }
  const matrix = (rows: number): TemplateMatrix => ({ rows, cols: dimension, data: take(rows * dimension) })
  const side = (rows: number | null): ComparisonSide => ({
    weights: rows === null ? null : matrix(rows),
    bias: take(dimension)
  })
  const sides = [side(shape.source), side(shape.target)] as const
  const normalisation = scale === null
    ? null
    : {
      meanSource: take(dimension),
      meanTarget: take(dimension),
      covarianceSource: matrix(dimension),
      covarianceTarget: matrix(dimension),
      scale
    }
  const floor = (): LengthFloor => ({ centre: take(dimension), length: take(1)[0]! })
  return {
    source: floors.source ? { ...sides[0], floor: floor() } : sides[0],
    target: floors.target ? { ...sides[1], floor: floor() } : sides[1],
    normalisation
  }
}
