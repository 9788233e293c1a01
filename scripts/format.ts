/**
 * Formats the code: lines of at most 120 characters. With `--check` it writes nothing and fails when a file is not
 * formatted.
 *
 *   npm run format
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createFromBuffer } from '@dprint/formatter'
import typescript from '@dprint/typescript'
import { projectRoot } from '../src/config.js'

const formatter = createFromBuffer(readFileSync(typescript.getPath()))
formatter.setConfig({ lineWidth: 120, indentWidth: 2, useTabs: false }, {
  semiColons: 'asi',
  quoteStyle: 'preferSingle',
  quoteProps: 'preserve',
  'jsx.quoteStyle': 'preferSingle',
  trailingCommas: 'never',
  useBraces: 'whenNotSingleLine',
  singleBodyPosition: 'maintain',
  nextControlFlowPosition: 'sameLine',
  operatorPosition: 'maintain',
  'arrowFunction.useParentheses': 'maintain',
  'functionDeclaration.spaceBeforeParentheses': true,
  'functionExpression.spaceBeforeParentheses': true,
  'functionExpression.spaceAfterFunctionKeyword': true,
  'method.spaceBeforeParentheses': true,
  'constructor.spaceBeforeParentheses': true,
  'getAccessor.spaceBeforeParentheses': true,
  'setAccessor.spaceBeforeParentheses': true,
  'typeLiteral.separatorKind.singleLine': 'comma',
  'importDeclaration.sortNamedImports': 'maintain',
  'exportDeclaration.sortNamedExports': 'maintain',
  'module.sortImportDeclarations': 'maintain',
  'module.sortExportDeclarations': 'maintain'
})

/** As its generator writes it. */
const generated = 'clients/typescript/src/schema.ts'
const check = process.argv.includes('--check')
const listed = execFileSync('git', [
  'ls-files',
  '--cached',
  '--others',
  '--exclude-standard',
  '*.ts',
  '*.tsx',
  '*.js',
  '*.mjs'
], { cwd: projectRoot, encoding: 'utf8' })
const changed = listed.split('\n').filter(name => {
  const path = join(projectRoot, name)
  if (name === '' || name === generated || !existsSync(path)) return false
  const text = readFileSync(path, 'utf8')
  const formatted = formatter.formatText({ filePath: path, fileText: text })
  if (formatted !== text && !check) writeFileSync(path, formatted)
  return formatted !== text
})
if (check && changed.length > 0) {
  console.error(`not formatted as by \`npm run format\`:\n${changed.join('\n')}`)
  process.exitCode = 1
}
