/** An upright picture: 8 bits per channel, sRGB, interleaved. */
export interface Pixels {
  readonly width: number
  readonly height: number
  /** (height, width, 3), values 0..255 */
  readonly data: Uint8Array
}

/** Weights of red, green and blue in luma, ITU-R BT.601. */
export const lumaWeights = [0.299, 0.587, 0.114] as const

/** How a pixel's red, green and blue, 0 to 255, are converted and stored: `weights rgb + bias`. */
export interface PixelFormat {
  /** Of the result. */
  readonly channels: 1 | 3
  /** (channels, 3), row-major */
  readonly weights: readonly number[]
  /** (channels) */
  readonly bias: readonly number[]
  /** Whether the result is stored channel by channel rather than pixel by pixel. */
  readonly planar: boolean
}
