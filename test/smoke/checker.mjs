import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'

/** Headers of every answer, or of the connection: the document names those that carry something of an operation. */
const unremarkable = new Set([
  'access-control-allow-origin',
  'access-control-expose-headers',
  'cache-control',
  'connection',
  'content-length',
  'content-security-policy',
  'content-type',
  'cross-origin-resource-policy',
  'date',
  'keep-alive',
  'referrer-policy',
  'trailer',
  'transfer-encoding',
  'vary',
  'x-accel-buffering',
  'x-content-type-options',
  'x-frame-options'
])

const maxFindings = 50
const isJson = type => /[/+]json$/.test(type)
const mediaType = headers => String(headers['content-type'] ?? '').split(';')[0].trim().toLowerCase()
const pointer = parts =>
  parts.map(part => `/${encodeURIComponent(String(part).replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('')

/**
 * Compares exchanges with an OpenAPI 3.1 document: whether the status, the media type, the headers and the body of an
 * answer are documented, and whether the document allows what the service took.
 */
export function createChecker (document) {
  const ajv = new Ajv2020({ strict: false, allErrors: false, validateFormats: true })
  addFormats(ajv)
  // The formats of OpenAPI, and bytes, which no schema of JSON can look at.
  for (const format of ['binary', 'byte']) ajv.addFormat(format, true)
  ajv.addSchema(document, 'openapi')
  const templates = Object.keys(document.paths).map(path => ({
    path,
    pattern: new RegExp(`^${path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{\w+\}/g, '[^/]+')}$`),
    names: (path.match(/\{/g) ?? []).length
  })).sort((a, b) => a.names - b.names)
  const findings = new Map()
  const seen = new Set()

  function report (where, what) {
    if (findings.size < maxFindings) findings.set(`${where}: ${what}`, true)
  }

  /** @returns what is wrong with a value, or nothing */
  function complaint (place, value) {
    const validate = ajv.getSchema(`openapi#${place}`)
    if (validate === undefined) return `no schema at ${place}`
    if (validate(value)) return undefined
    const [{ instancePath, message, params }] = validate.errors
    return `${instancePath || 'the whole'} ${message} ${JSON.stringify(params)}`
  }

  /** Where a part of the document stands, behind references. */
  const placeOf = (part, path) => part.$ref === undefined ? path : part.$ref.slice(2).split('/')
  const resolved = part =>
    part.$ref === undefined
      ? part
      : part.$ref.slice(2).split('/').reduce((found, name) => found[name], document)

  /**
   * @param exchange method, url (path and query), request and answer, each with `headers` in lower case and `body`, the
   *   bytes, or undefined where they were too many to keep
   */
  function check ({ method, url, request, answer }) {
    const { pathname, searchParams } = new URL(url, 'http://service')
    const path = templates.find(({ pattern }) => pattern.test(pathname))?.path
    // Pages and files outside the document.
    if (path === undefined) return
    const name = (method === 'HEAD' ? 'GET' : method).toLowerCase()
    const operation = document.paths[path][name]
    const where = `${operation?.operationId ?? `${method} ${path}`} ${answer.status}`
    if (operation === undefined) {
      if (answer.status !== 405 && method !== 'OPTIONS') report(where, 'the document has no such operation')
      return
    }
    seen.add(where)
    checkAnswer({ where, at: ['paths', path, name, 'responses', answer.status], operation, method, answer })
    if (answer.status < 300) checkRequest({ where, at: ['paths', path, name], operation, searchParams, request })
  }

  function checkAnswer ({ where, at, operation, method, answer: { status, headers, body } }) {
    const response = operation.responses[status]
    if (response === undefined) return report(where, 'the status is not documented')
    const documented = resolved(response)
    const known = documented.headers ?? {}
    for (const header of Object.keys(headers)) {
      if (!unremarkable.has(header) && !(header in known)) report(where, `the header ${header} is not documented`)
    }
    for (const [header, given] of Object.entries(known)) {
      if (resolved(given).required === true && headers[header] === undefined) {
        report(where, `the header ${header} is missing`)
      }
    }
    if (body === undefined || body.length === 0) {
      if (body !== undefined && documented.content !== undefined && method !== 'HEAD') report(where, 'there is no body')
      return
    }
    const type = mediaType(headers)
    if (documented.content?.[type] === undefined) return report(where, `${type || 'no media type'} is not documented`)
    const wrong = bodyComplaint(type, body, pointer([...placeOf(response, at), 'content', type, 'schema']))
    if (wrong !== undefined) report(where, `${type}: ${wrong}`)
  }

  function bodyComplaint (type, body, place) {
    if (isJson(type)) return complaint(place, JSON.parse(body.toString('utf8')))
    if (type === 'text/event-stream') {
      const data = body.toString('utf8').split(/\n\n/).flatMap(event => event.match(/^data: ?(.*)$/m)?.[1] ?? [])
      return data.map(text => complaint(place, JSON.parse(text))).find(wrong => wrong !== undefined)
    }
    if (type === 'application/x-npy') {
      return body.subarray(1, 6).toString('latin1') === 'NUMPY' ? undefined : 'not an .npy file'
    }
    return complaint(place, body.toString('latin1'))
  }

  /** What the service took has to be what the document allows: otherwise clients made from it could not ask for it. */
  function checkRequest ({ where, at, operation, searchParams, request }) {
    const parameters = operation.parameters ?? []
    for (const [name, text] of searchParams) {
      const index = parameters.findIndex(parameter => parameter.in === 'query' && parameter.name === name)
      if (index < 0) {
        report(where, `the service takes the parameter ${name}, which is not documented`)
        continue
      }
      const { type } = parameters[index].schema
      const value = type === 'integer' || type === 'number' ? Number(text) : type === 'boolean' ? text === 'true' : text
      const wrong = complaint(pointer([...at, 'parameters', index, 'schema']), value)
      if (wrong !== undefined) report(where, `the service takes ${name}=${text}: ${wrong}`)
    }
    if (request.body === undefined || request.body.length === 0 || operation.requestBody === undefined) return
    const type = mediaType(request.headers)
    const media = operation.requestBody.content[type]
    if (media === undefined) {
      // Aliases of image types that some clients use.
      if (!type.startsWith('image/')) report(where, `the service takes ${type}, which is not documented`)
      return
    }
    if (!isJson(type)) return
    const place = pointer([...at, 'requestBody', 'content', type, 'schema'])
    const wrong = complaint(place, JSON.parse(request.body.toString('utf8')))
    if (wrong !== undefined) report(where, `the service takes a body that the document does not allow: ${wrong}`)
  }

  return { check, findings: () => [...findings.keys()], seen: () => [...seen].sort() }
}
