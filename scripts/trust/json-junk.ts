/**
 * Texts that are put between two characters of JSON: each kind of token, parts of tokens, white space of every kind,
 * and what is none.
 */
export const junk = [
  '0',
  '1',
  '-',
  '+',
  '.',
  '.0',
  'e',
  'e0',
  'E5',
  'e-400',
  '1e400',
  '-0',
  '00',
  '0x1',
  'NaN',
  'Infinity',
  '_',
  'n',
  'null',
  'true',
  'false',
  '[',
  ']',
  '[]',
  '[0]',
  '[1]',
  '[[',
  ']]',
  '{',
  '}',
  '{}',
  ',',
  ',,',
  ':',
  '"',
  '""',
  '"0"',
  '"1"',
  "'",
  '\\',
  '\\u0022',
  '\\ud800',
  '\ud83d\ude00',
  ' ',
  '  ',
  '\t',
  '\n',
  '\r',
  '\r\n',
  '\f',
  '\v',
  '\0',
  '\u00a0',
  '\u2028',
  '\u2029',
  '\ufeff',
  '\u3000',
  '/**/',
  '//',
  '#',
  ',0',
  '0,',
  ',[0]',
  ',"vector":[0]',
  ',"data":"0"',
  '"vector":0,',
  '"data":0,',
  '"vector" :[0],',
  '"v\\u0065ctor":[0],',
  '"__proto__":1,',
  '"constructor":{"prototype":1},'
] as const

/** Positions between characters where something begins or ends: everywhere but within names and long numbers. */
export function boundariesOf (text: string): number[] {
  const inside = (character: string | undefined) => character !== undefined && /[A-Za-z0-9]/.test(character)
  return Array.from({ length: text.length + 1 }, (_, at) => at).filter(at =>
    !(inside(text[at - 2]) && inside(text[at - 1]) && inside(text[at]) && inside(text[at + 1]))
  )
}

/** The result of JSON.parse; undefined when it refuses the text. */
export function parsed (text: string): { readonly document: unknown } | undefined {
  try {
    return { document: JSON.parse(text) }
  } catch {
    return undefined
  }
}

/** Numbers as single precision has them. */
export function rounded (value: unknown): unknown {
  if (typeof value === 'number') return Math.fround(value)
  if (Array.isArray(value)) return value.map(rounded)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, rounded(member)]))
}
