/** An upright picture: 8 bits per channel, sRGB, interleaved. */
export interface Pixels {
  readonly width: number
  readonly height: number
  /** (height, width, 3), values 0..255 */
  readonly data: Uint8Array
}

/** What red, green and blue add to luma, ITU-R BT.601. */
export const lumaWeights = [0.299, 0.587, 0.114] as const

/** What becomes of the red, green and blue, 0..255, of a pixel: `weights rgb + bias`, and where these numbers go. */
export interface PixelFormat {
  /** Of the result: three, or one. */
  readonly channels: 1 | 3
  /** (channels, 3), row-major */
  readonly weights: readonly number[]
  /** (channels) */
  readonly bias: readonly number[]
  /** Whether all of one channel comes before the next, or all of one pixel. */
  readonly planar: boolean
}
