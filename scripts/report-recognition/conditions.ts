import { readFile } from 'node:fs/promises'
import sharp from 'sharp'
import { markdownTable } from '../../bench/section.js'
import { ApiError, call } from '../running-service.js'
import type { Photograph } from '../photographs.js'

/** Photographs as people have them, made from upright ones of good light: what they do to the template. */

interface Embedding {
  readonly faces: readonly {
    readonly box: { readonly x: number, readonly y: number, readonly width: number, readonly height: number }
    readonly templates: readonly { readonly vector: readonly number[] }[]
  }[]
}

type Face = Embedding['faces'][number]

/** Makes a photograph of the condition out of an upright one. */
type Make = (photograph: Buffer, face: Face) => Promise<Buffer>

const black = '#000000'

const turns: Record<string, Make> = Object.fromEntries(
  [90, 180, 270, 20, 45, 70, 110, 135, 160, 200, 225, 250, 290, 315, 340].map(degrees => [
    `${degrees} degrees`,
    photograph => sharp(photograph).rotate(degrees, { background: black }).jpeg({ quality: 95 }).toBuffer()
  ])
)

const shapes = {
  '4:3': [1600, 1200],
  '1:1': [1600, 1600],
  '3:4': [1200, 1600],
  '9:16': [900, 1600],
  '2:1': [1600, 800]
}

const sizes: Record<string, Make> = Object.fromEntries(
  Object.entries(shapes).flatMap(([shape, [width, height]]) =>
    [10, 20, 30, 40].map(part => [
      `${shape}, 1/${part} of the longer side`,
      (photograph: Buffer, face: Face) => onCanvas(photograph, face, width!, height!, Math.max(width!, height!) / part)
    ])
  )
)

/** The photograph on a grey canvas, its face `faceWidth` pixels wide, right of the middle and above it. */
async function onCanvas (photograph: Buffer, { box }: Face, width: number, height: number, faceWidth: number) {
  const { data, info } = await sharp(photograph).extract(await cutOut(photograph, box)).toBuffer({
    resolveWithObject: true
  })
  const scale = faceWidth / box.width
  const [across, down] = [Math.round(info.width * scale), Math.round(info.height * scale)]
  return await sharp({ create: { width, height, channels: 3, background: '#8a8378' } }).composite([{
    input: await sharp(data).resize(across, down).toBuffer(),
    left: Math.round((width - across) * 0.7),
    top: Math.round((height - down) * 0.3)
  }]).jpeg({ quality: 95 }).toBuffer()
}

/** The face with as much around it, so that others in the photograph are seldom on the canvas. */
async function cutOut (photograph: Buffer, { x, y, width, height }: Face['box']) {
  const whole = await sharp(photograph).metadata()
  const left = Math.max(0, Math.round(x - width / 2))
  const top = Math.max(0, Math.round(y - height / 2))
  return {
    left,
    top,
    width: Math.min(whole.width, Math.round(x + 1.5 * width)) - left,
    height: Math.min(whole.height, Math.round(y + 1.5 * height)) - top
  }
}

const levels = (factor: number, offset: number): Make => photograph =>
  sharp(photograph).linear(factor, offset).png().toBuffer()

const light: Record<string, Make> = {
  'a third of the brightness': levels(1 / 3, 0),
  'a tenth of the brightness': levels(0.1, 0),
  'a third of the contrast': levels(1 / 3, 85),
  'a seventh of the contrast': levels(1 / 7, 110),
  'a tenth of the contrast, bright': levels(0.1, 220),
  'face at an eighth of the brightness, background bright': backlit
}

async function backlit (photograph: Buffer, { box }: Face): Promise<Buffer> {
  const { data, info: { width, height } } = await sharp(photograph).removeAlpha().raw()
    .toBuffer({ resolveWithObject: true })
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
  const lit = Buffer.from(data.map((value, i) => {
    const [column, row] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)]
    const away = Math.hypot((column - x) / box.width, (row - y) / box.height)
    const background = Math.min(1, Math.max(0, 3 * (away - 0.8)))
    return value * 0.125 * (1 - background) + (200 + value * 0.2) * background
  }))
  return await sharp(lit, { raw: { width, height, channels: 3 } }).png().toBuffer()
}

const conditions = { turns, sizes, light }

export type ConditionName = keyof typeof conditions

export const conditionNames = Object.keys(conditions) as ConditionName[]

/** Prints the table of a section: one photograph of each person, with r512, against the template of the original. */
export async function printCondition (v1: string, name: ConditionName, photographs: readonly Photograph[]) {
  const people: { photograph: Buffer, face: Face }[] = []
  for (const { path } of photographs) {
    const photograph = await readFile(path)
    const face = await embed(v1, photograph)
    if (face !== null) people.push({ photograph, face })
  }
  const rows: string[][] = []
  for (const [condition, make] of Object.entries(conditions[name])) {
    const began = performance.now()
    const similarities: (number | null)[] = []
    for (const { photograph, face } of people) {
      const found = await embed(v1, await make(photograph, face))
      similarities.push(found === null ? null : cosine(found.templates[0]!.vector, face.templates[0]!.vector))
    }
    const count = (least: number): string =>
      String(similarities.filter(value => value !== null && value >= least).length)
    rows.push([
      condition,
      String(similarities.filter(value => value === null).length),
      count(0.9),
      count(0.8),
      count(0.5),
      String(people.length)
    ])
    process.stderr.write(`  ${condition}: ${Math.round((performance.now() - began) / people.length)} ms each\n`)
  }
  console.log(`\n${markdownTable([name, 'refused', 'cosine 0.9', '0.8', '0.5', 'of'], rows)}`)
}

/** The face that a photograph is of; null when it is refused. */
async function embed (v1: string, body: Buffer): Promise<Face | null> {
  return await call<Embedding>(`${v1}/embeddings?models=r512`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: new Uint8Array(body)
  }).then(({ faces }) => faces[0]!, (error: unknown) => {
    if (error instanceof ApiError) return null
    throw error
  })
}

function cosine (a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, value, i) => sum + value * y[i]!, 0)
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}
