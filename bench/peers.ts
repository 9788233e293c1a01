import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { projectRoot } from '../src/config.js'
import { freePort } from '../test/support/postgres-server.js'
import type { GraphsRun } from './peers/bare-graphs.js'
import type { BareRoute } from './peers/bare-route.js'
import type { ProductRun } from './peers/raw-product.js'
import { programOf, runModule, startServer, type ServerProcess } from './processes.js'
import { templatesOf } from './spaces.js'
import { bytesOfFloat32 } from '../src/science/template/float32.js'

/** Rows a second of the product alone, in `threads` processes of one thread each. */
export async function rawProduct (run: ProductRun, threads: number): Promise<number> {
  const rates = await Promise.all(
    Array.from(
      { length: threads },
      () => runModule('bench/peers/raw-product', [JSON.stringify(run)], 'the raw product')
    )
  )
  return rates.reduce((sum, rate) => sum + Number(rate), 0)
}

/** Photographs' worth of graphs a second, in `processes` of them. */
export async function bareGraphs (run: GraphsRun, processes: number): Promise<number> {
  const rates = await Promise.all(
    Array.from(
      { length: processes },
      () => runModule('bench/peers/bare-graphs', [JSON.stringify(run)], 'the bare graphs')
    )
  )
  return rates.reduce((sum, rate) => sum + Number(rate), 0)
}

/** The bare Fastify route, answering every request with `answer` as the service's schema has it. */
export async function startBareRoute (route: BareRoute, folder: string): Promise<ServerProcess> {
  const file = join(folder, 'bare-route.json')
  await writeFile(file, JSON.stringify(route))
  return await startServer(process.execPath, [...programOf('bench/peers/bare-route'), file], { name: 'the bare route' })
}

/**
 * The schema of the answer to an operation in the service's own OpenAPI document, with what it refers to inside.
 * @param url of the service
 */
export async function answerSchema (url: string, path: string): Promise<object> {
  interface Document {
    paths: Record<string, { post: { responses: Record<string, { content: Record<string, { schema: object }> }> } }>
    components: { schemas: Record<string, object> }
  }
  const document = await (await fetch(`${url}/openapi.json`)).json() as Document
  const schema = document.paths[path]!.post.responses['200']!.content['application/json']!.schema
  const inside = JSON.stringify({ allOf: [schema], definitions: document.components.schemas }).replaceAll(
    '#/components/schemas/',
    '#/definitions/'
  )
  const { allOf: [root], definitions } = JSON.parse(inside) as { allOf: [object], definitions: Record<string, object> }
  return { ...root, definitions }
}

/** What the service answers to the JSON in a file. @throws Error with the problem when it refuses */
export async function answerTo (url: string, file: string): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: await readFile(file)
  })
  if (!response.ok) throw new Error(await response.text())
  return await response.json()
}

/** Debian's own interpreter: that of the search path may be another, without these packages. */
const python = '/usr/bin/python3'

/** Debian's packages of what `pythonPeer` looks for. */
export const pythonPackages = ['fastapi', 'uvicorn', 'uvloop', 'httptools', 'numpy'].map(name => `python3-${name}`)

/** What of FastAPI and numpy is here, as a line of text; undefined when something is missing. */
export async function pythonPeer (): Promise<string | undefined> {
  const script = 'import sys, fastapi, numpy, pydantic, uvicorn, uvloop, httptools\n' +
    'print(f"Python {sys.version.split()[0]}, FastAPI {fastapi.__version__}, pydantic {pydantic.VERSION}, numpy {numpy.__version__}, uvicorn {uvicorn.__version__} with uvloop and httptools")'
  return await promisify(execFile)(python, ['-c', script]).then(({ stdout }) => stdout.trim(), () => undefined)
}

/** FastAPI + numpy with a map of its own of these dimensions. */
export async function startFastApi (
  { workers, dSource, dTarget }: { readonly workers: number, readonly dSource: number, readonly dTarget: number },
  folder: string
): Promise<ServerProcess> {
  const weights = join(folder, `weights-${dSource}-${dTarget}.f32`)
  await writeFile(weights, bytesOfFloat32(templatesOf(dTarget, dSource + 1)))
  return await startServer(python, [
    join(projectRoot, 'bench', 'peers', 'fastapi_numpy.py'),
    String(workers),
    String(await freePort())
  ], {
    name: 'FastAPI',
    env: { WEIGHTS: weights, DSOURCE: String(dSource), DTARGET: String(dTarget), PYTHONDONTWRITEBYTECODE: '1' }
  })
}
