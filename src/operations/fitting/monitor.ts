/** How whoever waits for long work in a thread follows it, and ends it. */
export interface Monitor<Progress> {
  /** Called as the work goes on. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /** Ends it: the thread is stopped, and the call throws Problem `unavailable`. */
  readonly signal?: AbortSignal | undefined
}
