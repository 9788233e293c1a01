/**
 * Writes the documentation pages that are generated from the code: docs/configuration.md and docs/errors.md. With
 * `--check`
 * it writes nothing and fails when a committed page differs.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Environment, projectRoot } from '../src/config.js'
import { catalogue, type ErrorCode } from '../src/errors.js'
import { remedies } from '../src/platform/http/remedies.js'

interface Variable {
  readonly default?: string | number
  readonly enum?: readonly string[]
  readonly description: string
}

/** Defaults that depend on the machine. */
const machineDefaults: Readonly<Record<string, string>> = {
  EMBED_THREADS: 'cores, at most 8',
  SEARCH_THREADS: 'cores, at most 8'
}

function variable (name: string, { default: value, enum: allowed, description }: Variable): string {
  const stated = machineDefaults[name] ??
    (value === undefined ? (description.includes('The default is') ? 'see right' : 'none') : `\`${value}\``)
  const choice = allowed === undefined ? '' : ` One of ${allowed.map(one => `\`${one}\``).join(', ')}.`
  return `| \`${name}\` | ${stated} | ${description}${choice} |`
}

const configuration = `# Configuration

Environment variables, read once at start by [src/config.ts](../src/config.ts). An empty variable counts as not set.
The service does not start with an invalid value, and names it. Folders are relative to the folder of \`package.json\`.

This page is written by \`npm run docs\`.

| variable | default | meaning |
|---|---|---|
${
  Object.entries(Environment.properties as unknown as Record<string, Variable>).map(([name, given]) =>
    variable(name, given)
  ).join('\n')
}
`

const errors = `# Errors

Every error is a problem document (RFC 9457, \`application/problem+json\`) with a stable \`code\` to branch on, a \`detail\` that
says what was expected and what was received, and the \`requestId\` under which the log and the audit record it. Its \`type\` is
an address of the service with the same text as this page. A body never holds a stack, SQL, a template or a key.

This page is written by \`npm run docs\`.

| status | code | title | what to do |
|---|---|---|---|
${
  (Object.entries(catalogue) as [ErrorCode, typeof catalogue[ErrorCode]][]).map(([code, { status, title }]) =>
    `| ${status} | \`${code}\` | ${title}. | ${remedies[code]} |`
  ).join('\n')
}
`

const pages = { 'configuration.md': configuration, 'errors.md': errors }
for (const [name, text] of Object.entries(pages)) {
  const path = join(projectRoot, 'docs', name)
  if (!process.argv.includes('--check')) {
    await writeFile(path, text)
    console.log(`wrote docs/${name}`)
  } else if (await readFile(path, 'utf8').catch(() => '') !== text) {
    console.error(`docs/${name} does not match the code: run \`npm run docs\` and commit the result`)
    process.exitCode = 1
  }
}
