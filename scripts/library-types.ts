/** Writes `dist/library.d.ts`, the types of the package as a library. Only this file has types: they import nothing. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { projectRoot } from '../src/config.js'

const source = join(projectRoot, 'src', 'library.ts')
const { outputText, diagnostics } = ts.transpileDeclaration(readFileSync(source, 'utf8'), {
  fileName: source,
  reportDiagnostics: true,
  compilerOptions: {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    isolatedDeclarations: true,
    declaration: true
  }
})
if (diagnostics !== undefined && diagnostics.length > 0) {
  throw new Error(diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')).join('\n'))
}
if (/\bimport\b.*\bfrom\b/.test(outputText)) throw new Error('src/library.ts: expected types that import nothing')
writeFileSync(join(projectRoot, 'dist', 'library.d.ts'), outputText)
