import type { MeasureOptions } from '../../bench/section.js'

/** Of the sections about people. */
export interface GalleryReportOptions extends Pick<MeasureOptions, 'log'> {
  /** folder with a subfolder per data set */
  readonly data: string
  /** threads that fit and measure beside each other */
  readonly workers: number
}
