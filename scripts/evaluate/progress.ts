import { clearLine, cursorTo } from 'node:readline'
import type { WriteStream } from 'node:tty'

const width = 30

/** Shows progress: a bar on a terminal, elsewhere a line for every tenth. */
export interface ProgressBar {
  update(stage: string, fraction: number): void
  finish(): void
}

/** @param now milliseconds */
export function createProgressBar (
  stream: Pick<WriteStream, 'write'> & { isTTY?: boolean },
  now: () => number = Date.now
): ProgressBar {
  const started = now()
  const seconds = () => `${Math.round((now() - started) / 1000)} s`
  if (stream.isTTY !== true) {
    let shown = -1
    return {
      update (stage, fraction) {
        const tenth = Math.floor(fraction * 10 + 1e-9)
        if (tenth <= shown) return
        shown = tenth
        stream.write(`${stage}: ${tenth * 10} %, ${seconds()}\n`)
      },
      finish () {}
    }
  }
  const terminal = stream as WriteStream
  const clear = () => {
    cursorTo(terminal, 0)
    clearLine(terminal, 0)
  }
  return {
    update (stage, fraction) {
      const full = Math.round(Math.min(1, fraction) * width)
      clear()
      terminal.write(
        `${'█'.repeat(full)}${'░'.repeat(width - full)} ${
          String(Math.round(fraction * 100)).padStart(3)
        } % ${stage}, ${seconds()}`
      )
    },
    finish: clear
  }
}
