import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import sharp from 'sharp'
import { projectRoot } from '../src/config.js'
import { withBrowser } from '../test/support/browser.js'
import { startService } from './running-service.js'

/**
 * Writes the pictures of README and docs into docs/images, from the running service. They show the drawn face of the
 * documentation and nobody's photograph.
 *
 *   npm run screenshots
 */
// The service refuses drawings; here one is rendered.
sharp.unblock({ operation: ['VipsForeignLoadSvg'] })
const images = join(projectRoot, 'docs', 'images')

/** The drawn face twice, as two photographs of one person differ: turned, darker, closer. */
async function drawings (): Promise<[Buffer, Buffer]> {
  const face = await readFile(join(projectRoot, 'openapi', 'face.svg'))
  const background = '#dfe6ee'
  const plain = sharp(face, { density: 200 }).resize(480, 480, { fit: 'contain', background }).flatten({ background })
  const other = sharp(await plain.clone().png().toBuffer()).rotate(9, { background })
    .modulate({ brightness: 0.9 }).extract({ left: 40, top: 40, width: 460, height: 460 }).resize(480)
  return [await plain.jpeg().toBuffer(), await other.jpeg().toBuffer()]
}

async function compare (page: Page, url: string, [a, b]: readonly Buffer[]): Promise<void> {
  await page.goto(url)
  await page.setInputFiles('#file-a', { name: 'enrolled.jpg', mimeType: 'image/jpeg', buffer: a! })
  await page.setInputFiles('#file-b', { name: 'visitor.jpg', mimeType: 'image/jpeg', buffer: b! })
  await page.waitForSelector('#verdict')
  await page.waitForFunction(() =>
    [...document.querySelectorAll('.pairs td button')].every(cell => cell.textContent !== '…')
  )
  // The samples are photographs of people.
  await page.evaluate(() => {
    for (const samples of document.querySelectorAll('.samples, .ways .note')) samples.remove()
  })
}

async function take (browser: BrowserContext, url: string, faces: readonly Buffer[]): Promise<void> {
  const page = await browser.newPage()
  await page.setViewportSize({ width: 1100, height: 900 })
  await compare(page, url, faces)
  await page.screenshot({ path: join(images, 'compare.png'), fullPage: true })
  await page.goto(`${url}/explorer/maps`)
  await page.locator('main').evaluate(main => {
    for (const section of main.querySelectorAll('section:nth-of-type(n+3)')) section.remove()
  })
  await page.screenshot({ path: join(images, 'maps.png'), fullPage: true })
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.setViewportSize({ width: 375, height: 800 })
  await compare(page, url, faces)
  await page.screenshot({ path: join(images, 'compare-narrow.png'), fullPage: true })
}

await mkdir(images, { recursive: true })
// Before the service starts, which refuses to render drawings.
const faces = await drawings()
const { url, stop } = await startService()
try {
  await withBrowser(browser => take(browser, url, faces))
  for (const name of ['compare', 'maps', 'compare-narrow']) {
    const path = join(images, `${name}.png`)
    const small = await sharp(await readFile(path)).png({ palette: true, quality: 80, compressionLevel: 9 }).toBuffer()
    await writeFile(path, small)
    console.log(`wrote ${path}: ${small.length} bytes`)
  }
} finally {
  await stop()
}
