import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { BrowserContext, Page } from 'playwright-core'
import { exampleEvaluationId, exampleMapId } from '../../../src/platform/http/documented-examples.js'
import { needsBrowser, withBrowser } from '../../support/browser.js'
import { startService, type RunningService } from '../../support/service.js'

/**
 * What is to be seen of a page: runs in the browser. Functions in it have no names, since tsx would call its own to
 * keep them.
 */
function lookOfPage () {
  return {
    styles: ['body', '.verdict', 'table', 'h2'].map(selector =>
      [...document.querySelectorAll(selector)].slice(0, 1).map(element => {
        const { backgroundColor, borderLeftWidth, color, display, fontFamily, maxWidth } = getComputedStyle(element)
        return { backgroundColor, borderLeftWidth, color, display, fontFamily, maxWidth }
      })
    ),
    // Those drawn for another width are hidden.
    plots: [...document.querySelectorAll('figure svg')].filter(plot => plot.getClientRects().length > 0).map(plot => ({
      width: plot.getBoundingClientRect().width,
      height: plot.getBoundingClientRect().height,
      colours: [...plot.querySelectorAll('path, line, rect, circle, text')].map(shape =>
        `${getComputedStyle(shape).fill} ${getComputedStyle(shape).stroke}`
      )
    }))
  }
}

describe('pages in a browser', needsBrowser, () => {
  let running: RunningService
  /** addresses that were answered with 304 */
  const unchanged: string[] = []
  before(async () => {
    running = await startService({ log: { write: noteUnchanged } })
  })
  after(() => running.stop())

  const paths = new Map<string, string>()
  function noteUnchanged (line: string): void {
    const { reqId, req, res } = JSON.parse(line) as {
      reqId?: string
      req?: { path?: string }
      res?: { statusCode?: number }
    }
    if (reqId === undefined) return
    if (req?.path !== undefined) paths.set(reqId, req.path)
    if (res?.statusCode === 304) unchanged.push(paths.get(reqId) ?? '')
  }

  async function open (browser: BrowserContext): Promise<{ page: Page, complaints: string[] }> {
    const page = await browser.newPage()
    const complaints: string[] = []
    page.on('console', message => {
      if (/Content.Security.Policy|Refused|MIME/i.test(message.text())) complaints.push(message.text())
    })
    page.on('pageerror', error => complaints.push(error.message))
    return { page, complaints }
  }

  for (
    const [name, path] of [['a card', `/v1/maps/${exampleMapId}/card`], [
      'an evaluation',
      `/v1/evaluations/${exampleEvaluationId}/page`
    ]] as const
  ) {
    test(`${name} looks the same on a second visit if it has not changed`, async () => {
      await withBrowser(async browser => {
        const { page, complaints } = await open(browser)
        await page.goto(running.url + path)
        const first = await page.evaluate(lookOfPage)
        assert.deepEqual(first.styles[0]!.map(({ maxWidth, backgroundColor }) => [maxWidth, backgroundColor]), [[
          '960px',
          'rgb(255, 255, 255)'
        ]])
        assert.ok(first.plots.length >= 2)
        for (const { width, height, colours } of first.plots) {
          assert.ok(width > 100 && height > 50 && colours.length > 5 && new Set(colours).size > 1, colours.join())
        }

        unchanged.length = 0
        await page.goto('about:blank')
        await page.goto(running.url + path)
        assert.deepEqual(await page.evaluate(lookOfPage), first)
        await page.reload()
        assert.deepEqual(await page.evaluate(lookOfPage), first)
        assert.ok(unchanged.length >= 1, 'it was not asked for with a condition')
        assert.deepEqual(complaints, [])
      })
    })

    test(`${name} prints, on a second visit too`, async () => {
      await withBrowser(async browser => {
        const { page, complaints } = await open(browser)
        await page.emulateMedia({ media: 'print' })
        const printed: number[] = []
        for (let visit = 0; visit < 2; visit++) {
          await page.goto(running.url + path)
          const { styles, plots } = await page.evaluate(lookOfPage)
          assert.deepEqual(styles[0]!.map(({ maxWidth, backgroundColor }) => [maxWidth, backgroundColor]), [[
            'none',
            'rgb(255, 255, 255)'
          ]])
          assert.ok(plots.every(({ width }) => width > 100 && width <= 600), 'plots are at most 15 cm wide')
          const pdf = (await page.pdf()).toString('latin1')
          assert.match(pdf, /^%PDF-/)
          printed.push(pdf.match(/\/Type\s*\/Page\b/g)!.length)
        }
        assert.equal(printed[1], printed[0])
        assert.deepEqual(complaints, [])
      })
    })
  }

  test('Swagger UI runs on a second visit, from unchanged files', async () => {
    await withBrowser(async browser => {
      const { page, complaints } = await open(browser)
      const operations = async () => {
        await page.waitForSelector('.swagger-ui .opblock-tag', { timeout: 300_000 })
        return await page.evaluate(
          () => [
            document.querySelectorAll('.opblock').length,
            getComputedStyle(document.querySelector('.swagger-ui .info .title')!).fontSize
          ]
        )
      }
      await page.goto(`${running.url}/docs/`)
      const first = await operations()
      unchanged.length = 0
      await page.goto('about:blank')
      await page.goto(`${running.url}/docs/`)
      assert.deepEqual(await operations(), first)
      await page.reload()
      assert.deepEqual(await operations(), first)
      assert.ok(
        unchanged.some(path => path.endsWith('.js')) && unchanged.some(path => path.endsWith('.css')),
        unchanged.join()
      )
      assert.deepEqual(complaints, [])
    })
  })
})
