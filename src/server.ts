import { setTimeout } from 'node:timers/promises'
import closeWithGrace from 'close-with-grace'
import { buildApp } from './app.js'
import type { Logger } from 'pino'
import { type Config, readConfig, refuseOpenAddress } from './config.js'
import { operatorMessage, StartupError } from './errors.js'
import { createLogger } from './logger.js'
import { keepFilesPrivate } from './platform/private-files.js'
import { terminalLine } from './platform/terminal-lines.js'
import { createService } from './service.js'

/** The process: configuration, service, listening, signals. */
async function start (): Promise<void> {
  const config = readConfig()
  refuseOpenAddress(config)
  const log = createLogger(config.logLevel, process.stdout.isTTY ? terminal : undefined)
  const stopCounting = countSeconds(log)
  const service = await createService(config, log, error => {
    // No acknowledged write is lost: the database recovers from its write-ahead log.
    log.fatal({ err: error }, 'the embedded database failed; exiting so that it recovers on restart')
    process.exit(1)
  })
  stopCounting()
  const app = await buildApp(service, config, log)
  app.addHook('onClose', () => service.close())
  closeWithGrace({ delay: config.shutdownDelay + config.shutdownTimeout, logger: log }, async ({ err }) => {
    if (err === undefined) {
      app.drain()
      // Another replica can start these jobs at once.
      service.jobs.stop().catch((error: unknown) => log.error({ err: error }, 'could not release the jobs'))
      await setTimeout(config.shutdownDelay)
    } else {
      log.error({ err }, 'closing after a failure')
    }
    await app.close()
  })
  const address = await app.listen({ host: config.host, port: config.port }).catch(
    async (error: NodeJS.ErrnoException) => {
      await app.close()
      throw error.syscall === 'listen' || error.syscall === 'getaddrinfo'
        ? new StartupError(
          `cannot listen on ${config.host}:${config.port} (${error.code}): set HOST and PORT to a free address`
        )
        : error
    }
  )
  process.stdout.write(welcome(address, config))
}

/** A person at a terminal reads the log as lines of words, everything else as JSON. */
const terminal = {
  write (line: string): void {
    process.stdout.write(terminalLine(line))
  }
}

/** Shows that a long step of the start goes on, once a second. @returns ends it */
function countSeconds (log: Logger): () => void {
  const begun = performance.now()
  const timer = setInterval(() => log.info(`starting, ${Math.round((performance.now() - begun) / 1000)} s`), 1000)
  return () => clearInterval(timer)
}

/** Where to go now. */
function welcome (address: string, { apiKeysRequired, adminKeyFile, explorer }: Config): string {
  const key = !apiKeysRequired
    ? ''
    : `\n    Callers need an API key; ${
      adminKeyFile === undefined ? '`crosswalk keys create` issues one' : `the first is in ${adminKeyFile}`
    }.\n`
  const places = [
    ...explorer ? [[`${address}/`, 'compare two photographs in the browser']] : [],
    [`${address}/docs`, 'try every operation'],
    [`${address}/openapi.json`, 'the same, for programs']
  ]
  const width = Math.max(...places.map(([place]) => place!.length))
  const lines = places.map(([place, what]) => `    ${place!.padEnd(width)}  ${what}`)
  return `\n  Crosswalk listens on ${address}\n\n${lines.join('\n')}\n${key}\n`
}

keepFilesPrivate()
start().catch((error: unknown) => {
  process.stderr.write(`crosswalk did not start: ${operatorMessage(error)}\n`)
  process.exit(1)
})
