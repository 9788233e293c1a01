#!/usr/bin/env node
import { completionScript } from './platform/cli/completion.js'
import { nearest, readArguments, UsageError } from './platform/cli/command-line.js'
import { exitCodeOf } from './platform/cli/exit-codes.js'
import { version } from './config.js'
import { operatorMessage } from './errors.js'
import { keepFilesPrivate } from './platform/private-files.js'

/** A command: its usage, and the function that runs it with the arguments after its name. `run` rejects on failure. */
interface Command {
  readonly usage: string
  run(args: string[]): Promise<void>
}

interface Listed {
  /** what it does, in a few words */
  readonly does: string
  load(): Promise<Command>
}

const maps = async (run: 'list' | 'activate' | 'retire'): Promise<Command> => {
  const commands = await import('./features/maps/cli.js')
  return { usage: commands.usage, run: commands[run] }
}

const bundles = async (run: 'exportMap' | 'importMap'): Promise<Command> => {
  const commands = await import('./features/bundles/cli.js')
  return { usage: commands.usage, run: commands[run] }
}

const serveUsage = `crosswalk serve

  Runs the service, as npm start does in a checkout, until SIGTERM or SIGINT. Its configuration is the environment:
  docs/configuration.md. Graphs of the model pack are made when they are first needed, from the npm packages with their
  weights; where one is missing, the message names it.
`

async function serve (args: string[]): Promise<void> {
  readArguments({ command: 'serve', usage: serveUsage, args, options: {} })
  await import('./server.js')
}

/** Commands are loaded on demand: one that reads a file does not need the database. */
const commands: Readonly<Record<string, Listed>> = {
  serve: { does: 'run the service', load: async () => ({ usage: serveUsage, run: serve }) },
  fit: {
    does: 'fit a map on photographs or on templates',
    async load () {
      const { usage, run } = await import('./features/maps/fit-cli.js')
      return {
        usage,
        run: async args =>
          await run(
            args,
            async options => await (await import('./temporary-service.js')).startTemporaryService(options)
          )
      }
    }
  },
  evaluate: {
    does: 'measure how models translate into one another',
    async load () {
      const { usage, run } = await import('./features/evaluations/cli.js')
      return {
        usage,
        run: async args =>
          await run(args, async () => await (await import('./temporary-service.js')).startTemporaryService())
      }
    }
  },
  plan: { does: 'say whether and how to move to another model', load: () => import('./features/plans/cli.js') },
  migrate: { does: 'translate a file of templates, without a service', load: () => import('./features/files/cli.js') },
  connect: {
    does: 'migrate the templates of a table or a file in place',
    load: () => import('./features/connect/cli.js')
  },
  gallery: { does: 'migrate galleries of a service', load: () => import('./features/galleries/cli/gallery.js') },
  model: { does: 'add a published model, tested on photographs', load: () => import('./features/model-files/cli.js') },
  models: { does: 'list the models of a service', load: () => import('./features/catalogue/cli.js') },
  maps: { does: 'list the maps of a service', load: () => maps('list') },
  activate: { does: 'make a map serve', load: () => maps('activate') },
  retire: { does: 'end the use of a map for ever', load: () => maps('retire') },
  export: { does: 'take a map out of a service as a signed bundle', load: () => bundles('exportMap') },
  import: { does: 'bring a signed bundle into a service', load: () => bundles('importMap') },
  map: {
    does: 'take a map from a folder or site of bundles',
    load: () => import('./features/bundles/map-cli.js')
  },
  'verify-bundle': {
    does: 'check a bundle without a service',
    load: () => import('./features/bundles/verify-bundle.js')
  },
  'bundle-key': {
    does: 'make and show the key that signs bundles',
    load: () => import('./features/bundles/bundle-key.js')
  },
  keys: { does: 'issue and revoke API keys', load: () => import('./features/access/cli.js') },
  encryption: {
    does: 'encrypt stored templates, check them, change keys',
    load: () => import('./platform/encryption/cli.js')
  },
  database: {
    does: 'spread galleries over a cluster of databases',
    load: () => import('./platform/database/cli.js')
  },
  audit: { does: 'read and verify the audit', load: () => import('./features/audit/cli.js') }
}

const usage = `crosswalk COMMAND [ARGUMENTS]

${Object.entries(commands).map(([name, { does }]) => `  ${name.padEnd(14)} ${does}`).join('\n')}
  ${'completion'.padEnd(14)} print a script that completes commands: crosswalk completion bash|zsh|fish

  crosswalk COMMAND --help says more. --version prints the version.
`

async function dispatch ([name = '', ...args]: string[]): Promise<void> {
  const command = Object.hasOwn(commands, name) ? await commands[name]!.load() : undefined
  if (command !== undefined) return args.includes('--help') ? write(command.usage) : await command.run(args)
  switch (name) {
    case 'help':
    case '--help':
    case '-h':
      return write(
        args[0] !== undefined && Object.hasOwn(commands, args[0]) ? (await commands[args[0]]!.load()).usage : usage
      )
    case '--version':
    case '-v':
      return write(`${version}\n`)
    case 'completion':
      return write(completionScript(args[0], Object.entries(commands).map(([word, { does }]) => ({ word, does }))))
    default: {
      const meant = nearest(name, Object.keys(commands))
      throw new UsageError(
        `expected a command, received ${name === '' ? 'none' : JSON.stringify(name)}${
          meant === undefined ? '' : `: did you mean ${meant}?`
        }\n\n${usage}`
      )
    }
  }
}

function write (text: string): void {
  process.stdout.write(text)
}

keepFilesPrivate()
// A reader that has seen enough, such as `head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})
dispatch(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`crosswalk: ${operatorMessage(error)}\n`)
  process.exitCode = exitCodeOf(error)
})
