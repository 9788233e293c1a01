import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'

export interface Shell {
  /** Runs commands to their end. @returns what they printed @throws Error when one fails, with what was printed */
  run(commands: string): Promise<string>
  close(): Promise<void>
}

/** An error of the service is an error of the command, which curl alone does not say. */
const preamble = `set -eo pipefail
curl () { command curl --fail-with-body --max-time 120 "$@"; }
`

/** The command of a checkout from what is built: tsx takes four times as long to load it, for each of forty calls. */
const built = `npm () {
  if [ "$1 $2 $3 $4" = 'run --silent crosswalk --' ]; then command node dist/cli.js "\${@:5}"; else command npm "$@"; fi
}
`

/**
 * One bash session, as a reader has one: what a block defines is there for the next.
 *
 * @param asWritten whether `npm run crosswalk` is what package.json says, and not the built command
 */
export function openShell (
  folder: string,
  env: Readonly<Record<string, string>>,
  { asWritten }: { readonly asWritten: boolean }
): Shell {
  const child = spawn('bash', [], { cwd: folder, env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  }
  const ended = once(child, 'close')
  child.stdin.write(asWritten ? preamble : preamble + built)
  return {
    async run (commands) {
      const mark = randomBytes(8).toString('hex')
      output = ''
      child.stdin.write(`${commands}\necho ${mark}\n`)
      const done = (async () => {
        while (!output.includes(mark)) await once(child.stdout, 'data')
      })()
      const outcome = await Promise.race([done, ended])
      if (outcome !== undefined) throw new Error(`a command failed:\n${output}`)
      return output.replace(mark, '').trimEnd()
    },
    async close () {
      child.stdin.end()
      child.kill('SIGTERM')
      await ended
    }
  }
}
