import { withBrowser } from '../test/support/browser.js'
import { startService } from './running-service.js'

/**
 * Prints how long `/` takes to its first paint and what it transfers, in a browser that has never seen it, and how many
 * clicks lead from there to an answer.
 *
 *   npm run measure:explorer
 */
const visits = 5

const { url, stop } = await startService()
try {
  const paints: number[] = []
  let bytes = 0
  let requests = 0
  for (let visit = 0; visit < visits; visit++) {
    await withBrowser(async browser => {
      const page = await browser.newPage()
      const session = await browser.newCDPSession(page)
      await session.send('Network.enable')
      bytes = 0
      requests = 0
      session.on('Network.loadingFinished', ({ encodedDataLength }) => {
        bytes += encodedDataLength
        requests++
      })
      await page.goto(url, { waitUntil: 'networkidle' })
      paints.push(await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]!.startTime))
    })
  }
  paints.sort((a, b) => a - b)
  const clicks: string[] = []
  await withBrowser(async browser => {
    const page = await browser.newPage()
    await page.goto(url)
    for (
      const [what, selector] of [['first sample of A', '#samples-a li:nth-child(1) button'], [
        'second sample of B',
        '#samples-b li:nth-child(2) button'
      ]] as const
    ) {
      await page.click(selector)
      clicks.push(what)
    }
    await page.waitForSelector('#verdict')
    clicks.push(`answer: ${(await page.textContent('#verdict strong'))!}`)
    clicks.push(`by: ${(await page.textContent('#answer a'))!}`)
  })
  console.log(`first paint of /: median ${Math.round(paints[visits >> 1]!)} ms, most ${Math.round(paints.at(-1)!)} ms`)
  console.log(`transfer of /: ${(bytes / 1000).toFixed(1)} kB in ${requests} requests`)
  console.log(clicks.join('; '))
} finally {
  await stop()
}
