import { setTimeout } from 'node:timers/promises'
import closeWithGrace from 'close-with-grace'
import { buildApp } from './app.js'
import { readConfig, refuseOpenAddress } from './config.js'
import { operatorMessage, StartupError } from './errors.js'
import { createLogger } from './logger.js'
import { keepFilesPrivate } from './platform/private-files.js'
import { createService } from './service.js'

/** The process: configuration, service, listening, signals. */
async function start (): Promise<void> {
  const config = readConfig()
  refuseOpenAddress(config)
  const log = createLogger(config.logLevel)
  const service = await createService(config, log, error => {
    // No acknowledged write is lost: the database recovers from its write-ahead log.
    log.fatal({ err: error }, 'the embedded database failed; exiting so that it recovers on restart')
    process.exit(1)
  })
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
  const authorization = !config.apiKeysRequired
    ? ''
    : `-H "Authorization: Bearer ${config.adminKeyFile === undefined ? '$KEY' : `$(cat ${config.adminKeyFile})`}" `
  process.stdout.write(`
  Crosswalk listens on ${address}

    ${address}/docs          try every operation in the browser
    ${address}/openapi.json  the same, for programs
    curl ${authorization}${address}/v1/maps  the maps ready for translation

`)
}

keepFilesPrivate()
start().catch((error: unknown) => {
  process.stderr.write(`crosswalk did not start: ${operatorMessage(error)}\n`)
  process.exit(1)
})
