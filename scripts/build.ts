/**
 * `npm run build`: compiles `src` into `dist`, without checking types, which `npm run typecheck` does. What is compiled
 * imports the modules of typebox that are joined in `dist/typebox`: every command and thread begins with them.
 * `dist/library.d.ts` has the types of the package as a library. Only this file has types: they import nothing.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { projectRoot } from '../src/config.js'
import { joinTypebox } from './join-typebox.js'

const dist = join(projectRoot, 'dist')
const joined = join(dist, 'typebox')
/** What src imports of typebox. */
const imported = ['typebox', 'typebox/compile', 'typebox/value']

async function compile (): Promise<void> {
  const compiler = fileURLToPath(import.meta.resolve('typescript/bin/tsc'))
  const child = spawn(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: projectRoot, stdio: 'inherit' })
  const [code] = await once(child, 'exit') as [number | null]
  if (code !== 0) process.exit(code ?? 1)
}

/** The compiler leaves what has not changed as it is, which imports them already. */
async function importJoined (): Promise<void> {
  const entries = await joinTypebox(joined, specifier => imported.includes(specifier))
  for (const name of await readdir(dist, { recursive: true })) {
    const file = join(dist, name)
    if (!name.endsWith('.js') || file.startsWith(joined)) continue
    const code = await readFile(file, 'utf8')
    const changed = code.replaceAll(/ from '(typebox(?:\/[\w-]+)?)';/g, (_, specifier: string) => {
      const entry = entries.get(specifier)
      if (entry === undefined) throw new Error(`${name}: expected one of ${imported.join(', ')}, received ${specifier}`)
      return ` from './${relative(dirname(file), join(joined, entry))}';`
    })
    if (changed !== code) await writeFile(file, changed)
  }
}

async function writeTypes (): Promise<void> {
  const source = join(projectRoot, 'src', 'library.ts')
  const { outputText, diagnostics } = ts.transpileDeclaration(await readFile(source, 'utf8'), {
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
  await writeFile(join(dist, 'library.d.ts'), outputText)
}

await compile()
await importJoined()
await writeTypes()
