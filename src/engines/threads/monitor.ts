/** Observes the progress of a long-running task and cancels it. */
export interface Monitor<Progress> {
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /** Cancels the task: the call throws Problem `unavailable` at once, and the thread is free soon after. */
  readonly signal?: AbortSignal | undefined
}
