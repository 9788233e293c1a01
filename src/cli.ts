#!/usr/bin/env node
import { operatorMessage } from './errors.js'
import { keepFilesPrivate } from './platform/private-files.js'

/** A command: its usage, and the function that runs it with the arguments after its name. `run` rejects on failure. */
interface Command {
  readonly usage: string
  run(args: string[]): Promise<void>
}

/** Commands are loaded on demand: one that reads a file does not need the database. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  audit: () => import('./features/audit/cli.js'),
  'bundle-key': () => import('./features/bundles/bundle-key.js'),
  encryption: () => import('./platform/encryption/cli.js'),
  gallery: () => import('./features/galleries/cli/gallery.js'),
  keys: () => import('./features/access/cli.js'),
  migrate: () => import('./features/files/cli.js'),
  model: () => import('./features/model-files/cli.js'),
  'verify-bundle': () => import('./features/bundles/verify-bundle.js')
}

async function dispatch ([name = '', ...args]: string[]): Promise<void> {
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (load !== undefined && !args.includes('--help')) return await (await load()).run(args)
  const shown = load === undefined ? Object.values(commands) : [load]
  const usages = (await Promise.all(shown.map(each => each()))).map(({ usage }) => usage).join('\n')
  if (load !== undefined || ['help', '--help', '-h'].includes(name)) process.stdout.write(usages)
  else {
    process.stderr.write(
      `crosswalk: expected a command, received ${name === '' ? 'none' : JSON.stringify(name)}\n\n${usages}`
    )
    process.exitCode = 2
  }
}

keepFilesPrivate()
dispatch(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`crosswalk: ${operatorMessage(error)}\n`)
  process.exitCode = 1
})
