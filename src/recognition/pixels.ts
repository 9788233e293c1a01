/** An upright picture: 8 bits per channel, sRGB, interleaved. */
export interface Pixels {
  readonly width: number
  readonly height: number
  /** (height, width, 3), values 0..255 */
  readonly data: Uint8Array
}

/** Luma of ITU-R BT.601 of an RGB pixel, in the units of its channels. */
export function luma (red: number, green: number, blue: number): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue
}
