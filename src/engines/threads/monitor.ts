/** How whoever waits for long work in a thread follows it, and ends it. */
export interface Monitor<Progress> {
  /** Called as the work goes on. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /** Ends it: the call throws Problem `unavailable` at once, and the thread is free soon. */
  readonly signal?: AbortSignal | undefined
}
