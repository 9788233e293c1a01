/** An upright picture: 8 bits per channel, sRGB, interleaved. */
export interface Pixels {
  readonly width: number
  readonly height: number
  /** (height, width, 3), values 0..255 */
  readonly data: Uint8Array
}

/** What red, green and blue add to luma, ITU-R BT.601. */
export const lumaWeights = [0.299, 0.587, 0.114] as const
