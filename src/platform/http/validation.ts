import { AjvCompiler, type BuildCompilerFromPool } from '@fastify/ajv-compiler'
import { createTurns } from '../turns.js'
import { eitherKeyword, onlyWithKeyword } from './schemas/either.js'

// A biometric API rejects what it does not know, rather than drop it or guess: no removal, no coercion. Only values in
// URLs are text by nature, and are converted to the type in their schema.
const strict = {
  removeAdditional: false,
  coerceTypes: false,
  useDefaults: true,
  allErrors: false,
  verbose: true,
  keywords: ['x-examples', eitherKeyword, onlyWithKeyword]
}

/** It keeps compilers by schemas and options: a second service of the process compiles nothing again. */
const factory = AjvCompiler()

/**
 * Compiles the validator of a part of a request when the route is first called, which saves 0.6 s at start. Errors
 * carry the value that failed, see `plugins/problems.ts`.
 */
export const buildValidator: BuildCompilerFromPool = (externalSchemas, options) => {
  // The package types its compilers as those of Ajv, which take a schema; Fastify calls them with a route.
  const compiler = (customOptions: NonNullable<AjvOptions['customOptions']>) =>
    factory(externalSchemas, { ...(options as AjvOptions), customOptions }) as unknown as CompileRoute
  const body = compiler(strict)
  // Without strictNumbers, a text such as `Infinity` fails its bounds instead of slipping past them.
  const address = compiler({ ...strict, coerceTypes: true, strictNumbers: false })
  const compile = (route: Route): ValidateBody => {
    if (route.httpPart !== 'body') return address(route)
    // Handlers read forms and binary bodies themselves; their schemas are documentation.
    return route.contentType === undefined || /[/+]json$/.test(route.contentType)
      ? inTurns(body(route), route.schema ?? {})
      : () => true
  }
  return onFirstCall(compile) as unknown as ReturnType<BuildCompilerFromPool>
}

type AjvOptions = NonNullable<Extract<Parameters<BuildCompilerFromPool>[1], { mode?: never }>>
interface Validate<Valid = boolean> {
  (data: unknown): Valid
  /** errors of the last call */
  errors?: unknown
}
type Route = { httpPart?: string, contentType?: string, schema?: BodySchema }
type CompileRoute = (route: Route) => Validate
/** A promise for a body with a long list, which rejects with the errors. */
type ValidateBody = Validate<boolean | Promise<true>>
/** Of a JSON schema, what is looked at here. */
interface BodySchema {
  readonly anyOf?: readonly BodySchema[]
  readonly properties?: Readonly<Record<string, ListSchema>>
}
interface ListSchema {
  readonly type?: string
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: boolean
}
interface Failure {
  instancePath: string
}

/** Items of a list that are validated at once: half a millisecond with vectors of 512 numbers. */
const itemsAtOnce = 64

/**
 * Validates the items of long lists slice by slice and shares the event loop meanwhile: 100,000 templates take 0.2 s.
 * Only members of the body itself are looked at that are lists of independent items.
 */
function inTurns (validate: Validate, schema: BodySchema): ValidateBody {
  const limits = listLimits(schema)
  if (limits.size === 0) return validate
  const validateAny: ValidateBody = data => {
    const body = data as Record<string, unknown> | null
    const isLong = (name: string): boolean => {
      const list = body?.[name]
      return Array.isArray(list) && list.length > itemsAtOnce && list.length <= limits.get(name)!
    }
    const long = typeof body === 'object' ? [...limits.keys()].filter(isLong) : []
    if (long.length > 0) return validateSlices(validate, body!, long)
    const valid = validate(data)
    validateAny.errors = validate.errors
    return valid
  }
  return validateAny
}

/** @returns the most items of each member that is a list whose slices are valid if and only if it is */
function listLimits ({ properties = {}, anyOf = [] }: BodySchema): Map<string, number> {
  const own = Object.entries(properties).filter(([, { type, minItems = 0, uniqueItems }]) =>
    type === 'array' && minItems <= 1 && uniqueItems !== true
  )
  return new Map([
    ...anyOf.flatMap(part => [...listLimits(part)]),
    ...own.map(([name, { maxItems = Infinity }]) => [name, maxItems] as const)
  ])
}

/** @throws Error with `validation`, as Fastify makes it of the errors of a validator */
async function validateSlices (
  validate: Validate,
  body: Record<string, unknown>,
  long: readonly string[]
): Promise<true> {
  const lists = long.map(name => [name, body[name] as unknown[]] as const)
  const turns = createTurns()
  try {
    for (const [name, list] of lists) body[name] = list.slice(0, itemsAtOnce)
    for (const [name, list] of lists) {
      for (let start = 0; start < list.length; start += itemsAtOnce) {
        body[name] = list.slice(start, start + itemsAtOnce)
        if (!validate(body)) throw invalid(validate.errors as Failure[], name, start)
        if (turns.over()) await turns.next()
      }
    }
  } finally {
    for (const [name, list] of lists) body[name] = list
  }
  return true
}

/** @param start index of the first item of the slice that was validated */
function invalid (failures: readonly Failure[], name: string, start: number): Error {
  const validation = failures.map(failure => ({
    ...failure,
    instancePath: failure.instancePath.replace(
      new RegExp(`^/${name}/(\\d+)`),
      (_, index) => `/${name}/${start + Number(index)}`
    )
  }))
  return Object.assign(new Error('a list of the body is invalid'), { validation, code: 'FST_ERR_VALIDATION' })
}

function onFirstCall (compile: (route: Route) => ValidateBody): (route: Route) => ValidateBody {
  return route => {
    let compiled: ValidateBody | undefined
    const validate: ValidateBody = data => {
      compiled ??= compile(route)
      const valid = compiled(data)
      validate.errors = compiled.errors
      return valid
    }
    return validate
  }
}
