// @ts-check
import { showAnswer } from './answer.js'
import { call, Refusal } from './api.js'
import { photographByCamera } from './camera.js'
import { byId, h, pageData, whenChosen, whenClicked } from './dom.js'
import { drawCrop, drawFaces } from './photograph.js'
import { showProblem } from './problem.js'
import { words } from './words.js'

/**
 * @typedef {import('./photograph.js').Embedding} Embedding
 * @typedef {{ letter: 'a' | 'b', name: string, embedding: Embedding | undefined, face: number, model: string,
 *   reading: AbortController | undefined }} Side
 */

/** A face whose eyes are closer than this, in pixels, has fewer pixels than the models' own input. */
const leastEyeDistance = 30
/** Share of the crop beyond the edge of the photograph, and its mean grey levels, from which a face is remarked on. */
const [mostOutside, darkest, brightest] = [0.15, 35, 225]

const data = pageData()
const text = words.compare

/** @returns {Side} */
const emptySide = (/** @type {'a' | 'b'} */ letter, /** @type {string} */ model) => (
  { letter, name: '', embedding: undefined, face: 0, model, reading: undefined }
)
const sides = { a: emptySide('a', data.models.first), b: emptySide('b', data.models.second) }
let fmr = 1e-3
/** Counts what was asked for: an answer that another has overtaken is not shown. */
let asked = 0

for (const side of Object.values(sides)) listen(side)
document.addEventListener('paste', event => {
  const file = [...event.clipboardData?.files ?? []].find(({ type }) => type.startsWith('image/'))
  if (file !== undefined) read(pastedInto(), file, file.name)
})
for (const option of document.querySelectorAll('input[name=fmr]')) {
  option.addEventListener('change', () => {
    fmr = Number(/** @type {HTMLInputElement} */ (option).value)
    compare()
  })
}

/** The side that the reader is at or points to; else the first that has no photograph. */
function pastedInto () {
  const at = (/** @type {string} */ state) =>
    Object.values(sides).find(({ letter }) => byId(`side-${letter}`).matches(state))
  return at(':focus-within') ?? at(':hover') ?? (sides.a.name === '' ? sides.a : sides.b)
}

/** @param {Side} side */
function listen (side) {
  const part = (/** @type {string} */ name) => byId(`${name}-${side.letter}`)
  const take = (/** @type {File | undefined} */ file) => {
    if (file !== undefined) read(side, file, file.name)
  }
  whenChosen(part('file'), ([file]) => take(file))
  const drop = part('drop')
  drop.addEventListener('dragover', (/** @type {DragEvent} */ event) => {
    event.preventDefault()
    drop.classList.add('over')
  })
  drop.addEventListener('dragleave', () => drop.classList.remove('over'))
  drop.addEventListener('drop', (/** @type {DragEvent} */ event) => {
    event.preventDefault()
    drop.classList.remove('over')
    take(event.dataTransfer?.files[0])
  })
  whenClicked(/** @type {HTMLButtonElement} */ (part('camera')), () => {
    photographByCamera().then(blob => {
      if (blob !== undefined) read(side, blob, 'photograph.jpg')
    }, error => showStatus(side, error.message))
  })
  for (
    const button of /** @type {NodeListOf<HTMLButtonElement>} */ (
      document.querySelectorAll(`#samples-${side.letter} button`)
    )
  ) {
    const { file } = button.dataset
    whenClicked(button, () => {
      fetch(`/explorer/samples/${file}`).then(response => response.blob())
        .then(blob => read(side, blob, String(file)), () => showStatus(side, words.failed))
    })
  }
  part('model').addEventListener('change', (/** @type {any} */ { target }) => {
    side.model = target.value
    compare()
  })
}

/**
 * Shows a photograph and has the service read it under every model at once, so that models can be changed without
 * sending it again.
 *
 * @param {Side} side @param {Blob} blob @param {string} name
 */
async function read (side, blob, name) {
  side.reading?.abort()
  const reading = side.reading = new AbortController()
  Object.assign(side, { name, embedding: undefined, face: 0 })
  asked++
  byId('answer').replaceChildren(h('p', { class: 'note' }, text.nothingYet))
  const image = showImage(side, blob)
  showStatus(side, h('progress', { 'aria-label': text.working }))
  try {
    side.embedding = await call('POST', `/v1/embeddings?faces=all&models=${data.models.embedding.join()}`, {
      body: blob,
      accept: 'application/base64+json, application/json;q=0.5',
      signal: reading.signal
    })
  } catch (error) {
    if (reading.signal.aborted) return
    side.name = ''
    showStatus(side, showProblem(error))
    return
  }
  await image.decode().catch(() => {})
  showFaces(side, image)
  await compare()
}

/** @param {Side} side @param {Blob} blob */
function showImage ({ letter }, blob) {
  const view = byId(`view-${letter}`)
  for (const old of view.querySelectorAll('img')) URL.revokeObjectURL(old.src)
  const image = h('img', { alt: `${text.photograph} ${letter.toUpperCase()}`, src: URL.createObjectURL(blob) })
  image.addEventListener('error', () => image.replaceWith(h('p', { class: 'note' }, text.notShown)))
  view.replaceChildren(image)
  return image
}

/** @param {Side} side @param {HTMLImageElement} image */
function showFaces (side, image) {
  const { letter, embedding } = side
  if (embedding === undefined) return
  const view = byId(`view-${letter}`)
  const choose = (/** @type {number} */ face) => {
    side.face = face
    showFaces(side, image)
    compare()
  }
  view.querySelector('svg')?.remove()
  view.append(drawFaces(embedding, side.face, choose))
  const face = embedding.faces[side.face]
  if (face === undefined) return
  const crop = h('canvas', { width: 112, height: 112, class: 'crop', role: 'img', 'aria-label': text.crop })
  if (image.naturalWidth > 0) drawCrop(crop, image, face.landmarks, image.naturalWidth / embedding.width)
  const which = embedding.faces.length === 1
    ? `1 ${text.of} 1`
    : h(
      'select',
      {
        'aria-label': `${text.face}, ${letter.toUpperCase()}`,
        change: (/** @type {any} */ { target }) => choose(Number(target.value))
      },
      ...embedding.faces.map((_, k) =>
        h('option', { value: k, selected: k === side.face }, `${k + 1} ${text.of} ${embedding.faces.length}`)
      )
    )
  showStatus(
    side,
    h(
      'div',
      { class: 'read' },
      crop,
      h(
        'div',
        {},
        h('p', {}, `${text.face} `, which, ` · ${text.quality.eyes(face.quality.interEyeDistance)}`),
        ...remarks(face).map(remark => h('p', { class: 'remark' }, remark))
      )
    )
  )
}

/** What a photograph lacks, where it may spoil the answer. @param {import('./photograph.js').Face} face */
function remarks ({ quality: { interEyeDistance, outside, brightness } }) {
  const { small, outside: cutOff, dark, bright } = text.quality
  return [
    ...interEyeDistance < leastEyeDistance ? [small(interEyeDistance, leastEyeDistance)] : [],
    ...outside > mostOutside ? [cutOff(outside)] : [],
    ...brightness < darkest ? [dark] : brightness > brightest ? [bright] : []
  ]
}

/** @param {Side} side @param {string | Node} content */
function showStatus ({ letter }, content) {
  byId(`status-${letter}`).replaceChildren(content)
}

/** The template of the chosen face of a side under a model. @param {Side} side @param {string} model */
function templateOf ({ embedding, face }, model) {
  const chosen = embedding?.faces[face]
  const template = chosen?.templates.find(each => each.model === model)
  if (template !== undefined) return template
  throw new Refusal({ title: chosen?.unusable.find(each => each.model === model)?.detail ?? words.failed })
}

/** Compares the two chosen faces under the two chosen models, and shows the answer. */
async function compare () {
  if (sides.a.embedding === undefined || sides.b.embedding === undefined) return
  const mine = ++asked
  const answer = byId('answer')
  answer.replaceChildren(h('progress', { 'aria-label': text.comparing }))
  const verify = (
    /** @type {string} */ probe,
    /** @type {string} */ reference,
    /** @type {number} */ rate
  ) =>
    call('POST', '/v1/verifications', {
      json: {
        probe: { template: templateOf(sides.a, probe) },
        reference: { template: templateOf(sides.b, reference) },
        fmr: rate
      }
    })
  const choosePair = (/** @type {string} */ probe, /** @type {string} */ reference) => {
    for (const [side, model] of /** @type {const} */ ([[sides.a, probe], [sides.b, reference]])) {
      side.model = model
      byId(`model-${side.letter}`).value = model
    }
    compare()
  }
  await showAnswer(answer, {
    verify,
    choosePair,
    fmr,
    probe: { file: sides.a.name, model: sides.a.model },
    reference: { file: sides.b.name, model: sides.b.model },
    data,
    isCurrent: () => mine === asked
  })
}
