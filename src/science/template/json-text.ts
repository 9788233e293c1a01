/**
 * Values of JSON as they stand in their text: numbers beyond double precision, and whatever else parsing would change,
 * are kept as they are.
 */

/** A member of an object. */
export interface JsonMember {
  readonly name: string
  /** from the quote of its name to the end of its value */
  readonly text: string
  /** where its value begins in the text of the object, and ends */
  readonly value: readonly [number, number]
}

/**
 * The members of an object in their order.
 * @param text of a JSON object that parses
 */
export function membersOf (text: string): JsonMember[] {
  const members: JsonMember[] = []
  let at = pastSpace(text, text.indexOf('{') + 1)
  while (text[at] !== '}') {
    const start = at
    const nameEnd = endOfString(text, start)
    const value = pastSpace(text, text.indexOf(':', nameEnd) + 1)
    const end = endOfValue(text, value)
    members.push({
      name: JSON.parse(text.slice(start, nameEnd)) as string,
      text: text.slice(start, end),
      value: [value, end]
    })
    at = pastSpace(text, end)
    if (text[at] === ',') at = pastSpace(text, at + 1)
  }
  return members
}

/**
 * The elements of an array in their order.
 * @param text of a JSON array that parses
 */
export function elementsOf (text: string): string[] {
  const elements: string[] = []
  let at = pastSpace(text, text.indexOf('[') + 1)
  while (text[at] !== ']') {
    const end = endOfValue(text, at)
    elements.push(text.slice(at, end))
    at = pastSpace(text, end)
    if (text[at] === ',') at = pastSpace(text, at + 1)
  }
  return elements
}

function pastSpace (text: string, from: number): number {
  let at = from
  while (text[at] === ' ' || text[at] === '\t' || text[at] === '\r' || text[at] === '\n') at++
  return at
}

/** @param from position of the opening quote */
function endOfString (text: string, from: number): number {
  for (let at = from + 1;; at++) {
    const quotes = text.indexOf('"', at)
    let escapes = 0
    while (text[quotes - 1 - escapes] === '\\') escapes++
    if (escapes % 2 === 0) return quotes + 1
    at = quotes
  }
}

function endOfValue (text: string, from: number): number {
  if (text[from] === '"') return endOfString(text, from)
  let depth = 0
  for (let at = from;;) {
    const character = text[at]
    if (character === '"') {
      at = endOfString(text, at)
      continue
    }
    if (depth === 0 && at > from && ',}] \t\r\n'.includes(character!)) return at
    if (character === '{' || character === '[') depth++
    if ((character === '}' || character === ']') && --depth === 0) return at + 1
    at++
  }
}
