import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { after } from 'node:test'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'

const usual = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium'
]

/** Where Chromium is: what CHROMIUM says, or one of the usual places. */
const executablePath = [process.env['CHROMIUM'] ?? '', ...usual].find(path => path !== '' && existsSync(path))

/** Of `test`: without a browser it is skipped, and says so, except in CI, where it fails. */
export const needsBrowser = {
  skip: executablePath === undefined && process.env['CI'] !== 'true'
    ? 'no Chromium was found: install it, or name it in CHROMIUM'
    : false
} as const

const launch = async (args: readonly string[] = []): Promise<Browser> => {
  if (executablePath === undefined) throw new Error('expected Chromium, or its path in CHROMIUM')
  return await chromium.launch({
    executablePath,
    timeout: 300_000,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // A reader who has a camera and allows it.
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      ...args
    ]
  })
}

/** The one of this process: its start takes longer than most of what tests do with it. */
let shared: Promise<Browser> | undefined

after(async () => {
  await (await shared)?.close()
})

/**
 * Runs `work` with a browser that has seen nothing yet: a profile of its own.
 *
 * @param film a file of JPEG pictures, one after the other, that its camera sees; a pattern unless given
 */
export async function withBrowser (
  work: (browser: BrowserContext) => Promise<void>,
  film?: string
): Promise<void> {
  if (film !== undefined) {
    const browser = await launch([`--use-file-for-fake-video-capture=${film}`])
    try {
      return await work(await browser.newContext())
    } finally {
      await browser.close()
    }
  }
  shared ??= launch()
  const context = await (await shared).newContext()
  try {
    await work(context)
  } finally {
    await context.close()
  }
}

/**
 * A page that notes what its console complains of, and what it could not load.
 * @param expected complaints that the test provokes
 */
export async function openPage (
  browser: BrowserContext,
  expected?: RegExp
): Promise<{ page: Page, complaints: string[] }> {
  const page = await browser.newPage()
  // On a busy machine.
  page.setDefaultTimeout(300_000)
  const complaints: string[] = []
  const note = (text: string) => {
    // Pages repeat what a busy machine turned away.
    if (!/status of 503/.test(text) && expected?.test(text) !== true) complaints.push(text)
  }
  page.on('console', message => {
    if (['error', 'warning'].includes(message.type())) note(`${message.text()} ${message.location().url}`)
  })
  page.on('pageerror', error => note(error.message))
  return { page, complaints }
}

/** What axe finds wrong with a page: rules with the elements that break them. */
export async function accessibilityViolations (page: Page): Promise<string[]> {
  const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  await page.evaluate(axe)
  return await page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: Axe }).axe.run(document, {
      resultTypes: ['violations']
    })
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)
  })
}

interface Axe {
  run(
    context: Document,
    options: { resultTypes: string[] }
  ): Promise<{ violations: { id: string, nodes: { target: string[] }[] }[] }>
}
