import { named, pascal, mapValues, type Schema } from './schema.js'

/** Names of objects that several documents share, by their members. */
const knownNames: Readonly<Record<string, string>> = {
  'lower upper': 'Interval',
  'value lower upper': 'Estimate',
  'tmr lower upper': 'TmrDifference',
  'model fingerprint': 'SpaceReference',
  'model fingerprint dimension current': 'MapSide',
  'x y': 'Point',
  'vector data': 'TemplateVector',
  'x y width height': 'FaceBox',
  'measure value bound limit': 'QualityShortfall',
  'fmr support threshold tmr interval fnmr tmrPooled': 'OperatingPoint',
  'rank rate ratePooled': 'CmcPoint',
  'fmr threshold fnmr fnmrPooled': 'DetPoint',
  'from binWidth nonMated mated': 'ScoreHistogram',
  'fmr threshold interval': 'CalibrationPoint',
  'threshold share scale shape': 'TailModel',
  'slope offset cllr minCllr': 'LikelihoodRatio',
  'verdict fmr weaker difference reasons': 'VerdictPart',
  'method lambda': 'Estimator',
  'template batch': 'FalseAlarmRates',
  'probes references': 'SidesGuard',
  'id source target': 'MapLink',
  'id version source target': 'MapName',
  'id version source target verdict activate': 'WaitingMap',
  'source via target maps': 'MapRoute',
  'checked flagged foreign likelier falseAlarmRate': 'GuardReport',
  'box landmarks detectionScore quality shortfalls': 'Face',
  'box landmarks detectionScore quality shortfalls facesFound facesUnclear facesRefused facesOmitted largestOmitted':
    'TakenFace',
  'weight face omitted': 'ImageOutcome'
}

/** Members that make up a measured face: two objects have them, limits and measures. */
const faceQuality = 'interEyeDistance sharpness brightness contrast dynamicRange underExposed overExposed ' +
  'illuminationUniformity outside roll yaw pitch'

/** The one item of a list of this name: `searches` has `search`. */
const singular = (name: string): string =>
  name.endsWith('orpora')
    ? `${name.slice(0, -3)}us`
    : name.endsWith('ies')
    ? `${name.slice(0, -3)}y`
    : /(?:ch|sh|x|ss)es$/.test(name)
    ? name.slice(0, -2)
    : name.replace(/s$/, '')

/**
 * Gives every object of a document a name: generators of clients make one type of each named schema, and otherwise a
 * type for each place where the object occurs.
 */
export function createNames (given: Readonly<Record<string, Schema>>) {
  const schemas = new Map<string, Schema>()
  /** by what they say, without their own descriptions */
  const names = new Map<string, string>()
  for (const name of Object.keys(given)) schemas.set(name, {})

  /** Adds a schema under a name of its own, its parts named after it. */
  function define (name: string, schema: Schema): Schema {
    schemas.set(name, {})
    const inside = withConditions(withNamedParts(schema, name))
    schemas.set(name, inside['x-either'] === undefined ? inside : oneOfForms(name, inside))
    return named(name)
  }

  function withNamedParts (schema: Schema, owner: string): Schema {
    const part = (inner: Schema, name = owner) => nameOf(inner, name)
    return {
      ...schema,
      ...schema.properties === undefined
        ? {}
        : { properties: mapValues(schema.properties, (member, name) => part(member, owner + pascal(name))) },
      ...schema.items === undefined ? {} : { items: part(schema.items, singular(owner)) },
      ...schema.anyOf === undefined ? {} : { anyOf: schema.anyOf.map(inner => part(inner)) },
      ...schema.allOf === undefined ? {} : { allOf: schema.allOf.map(inner => withNamedParts(inner, owner)) },
      ...typeof schema.additionalProperties === 'object'
        ? { additionalProperties: part(schema.additionalProperties) }
        : {}
    }
  }

  /** A part of a schema, or a reference to it when it is an object. */
  function nameOf (schema: Schema, suggestion: string): Schema {
    if (schema.properties === undefined || Object.keys(schema.properties).length === 0) {
      return withNamedParts(schema, suggestion)
    }
    const { description, ...rest } = schema
    const key = JSON.stringify(rest)
    const known = names.get(key)
    const name = known ?? freeName(Object.keys(schema.properties), suggestion)
    if (known === undefined) {
      names.set(key, name)
      define(name, rest)
    }
    return description === undefined ? named(name) : { ...named(name), description }
  }

  function freeName (members: readonly string[], suggestion: string): string {
    const known = [...members].join(' ')
    const name = known === faceQuality ? 'FaceQuality' : knownNames[known]
    if (name !== undefined && !schemas.has(name)) return name
    const free = [suggestion, `${suggestion}Details`].find(each => !schemas.has(each))
    if (free !== undefined) return free
    throw new Error(`two schemas of the document would be named ${suggestion}: name the objects with ${known}`)
  }

  /** An object whose members exclude each other, as one schema for each of its forms. */
  function oneOfForms (name: string, { 'x-either': forms = [], description, ...whole }: Schema): Schema {
    const exclusive = new Set(forms.flatMap(({ needs, may = [] }) => [...needs, ...may]))
    const alternatives = forms.map(({ needs, may = [] }) => {
      const kept = (member: string) => !exclusive.has(member) || needs.includes(member) || may.includes(member)
      const formName = `${name}With${needs.map(pascal).join('And')}`
      schemas.set(formName, {
        ...whole,
        required: [...(whole.required ?? []).filter(member => !exclusive.has(member)), ...needs],
        properties: Object.fromEntries(Object.entries(whole.properties ?? {}).filter(([member]) => kept(member)))
      })
      return named(formName)
    })
    return { oneOf: alternatives, ...description === undefined ? {} : { description } }
  }

  for (const [name, schema] of Object.entries(given)) define(name, schema)
  return {
    define,
    has: (name: string) => schemas.has(name),
    /** Adds a schema as it stands. */
    add: (name: string, schema: Schema): Schema => {
      schemas.set(name, schema)
      return named(name)
    },
    all: (): Record<string, Schema> => Object.fromEntries(schemas)
  }
}

export type Names = ReturnType<typeof createNames>

/** An object some of whose members go with certain values of others only. */
function withConditions ({ 'x-only-with': conditions, ...schema }: Schema): Schema {
  if (conditions === undefined) return schema
  return {
    ...schema,
    dependentSchemas: mapValues(conditions, condition => ({
      required: Object.keys(condition),
      properties: mapValues(condition, values => ({ enum: values }))
    }))
  }
}
