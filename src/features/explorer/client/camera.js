// @ts-check
import { h } from './dom.js'
import { words } from './words.js'

/**
 * Lets somebody take a photograph.
 * @returns {Promise<Blob | undefined>} undefined when it was cancelled
 * @throws when the browser gives no access to a camera
 */
export async function photographByCamera () {
  if (navigator.mediaDevices === undefined) throw new Error(words.compare.noCamera)
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'user', width: 1280 } })
    .catch(() => {
      throw new Error(words.compare.noCamera)
    })
  const video = h('video', { autoplay: true, playsinline: true, muted: true })
  video.srcObject = stream
  // Until there is a picture.
  const shoot = h('button', { type: 'button', class: 'primary', disabled: true }, words.compare.shoot)
  video.addEventListener('loadeddata', () => {
    shoot.disabled = false
  })
  const cancel = h('button', { type: 'button' }, words.compare.cancel)
  const dialog = h('dialog', { 'aria-label': words.compare.camera }, video, h('p', {}, shoot, ' ', cancel))
  document.body.append(dialog)
  dialog.showModal()
  try {
    return await new Promise(resolve => {
      shoot.addEventListener('click', () => {
        const canvas = h('canvas', { width: video.videoWidth, height: video.videoHeight })
        canvas.getContext('2d').drawImage(video, 0, 0)
        canvas.toBlob((/** @type {Blob | null} */ blob) => resolve(blob ?? undefined), 'image/jpeg', 0.92)
      })
      cancel.addEventListener('click', () => resolve(undefined))
      dialog.addEventListener('close', () => resolve(undefined))
    })
  } finally {
    for (const track of stream.getTracks()) track.stop()
    dialog.remove()
  }
}
