import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type BrowserContext } from 'playwright-core'

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

/** Runs `work` with a browser that has seen nothing yet. */
export async function withBrowser (work: (browser: BrowserContext) => Promise<void>): Promise<void> {
  if (executablePath === undefined) throw new Error('expected Chromium, or its path in CHROMIUM')
  const folder = await mkdtemp(join(tmpdir(), 'crosswalk-browser-'))
  try {
    const browser = await chromium.launchPersistentContext(folder, {
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
        '--disable-sync'
      ]
    })
    try {
      await work(browser)
    } finally {
      await browser.close()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
