import { ModelId } from '../../science/template/space.js'
import { Type } from 'typebox'
import type { Catalogue, KnownSpace } from './catalogue.js'
import { closed } from '../../platform/http/schemas/component.js'
import { Fingerprint } from '../../platform/http/schemas/template.js'

/** Query of an address under which templates of one model are stored. */
export const SpaceQuery = Type.Object({
  model: Type.Unsafe<string>({ ...ModelId, description: 'The model of the templates.', examples: ['example-a'] }),
  fingerprint: Type.Optional(
    Type.Unsafe<string>({ ...Fingerprint, description: 'The space of the templates, checked when given.' })
  )
}, closed)

/** @throws Problem `model-unknown`, `fingerprint-mismatch` */
export function readSpace (
  { model, fingerprint }: { readonly model: string, readonly fingerprint?: string | undefined },
  catalogue: Catalogue
): KnownSpace {
  const space = catalogue.space(model)
  catalogue.checkFingerprint(fingerprint, space, 'querystring: fingerprint')
  return space
}

/** Models in the query of an address, as one comma-separated text. */
export const ModelList = (description: string, example: string) =>
  Type.String({ pattern: '^[a-z0-9._-]+(,[a-z0-9._-]+)*$', maxLength: 1000, description, examples: [example] })
