import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { exampleEvaluationId, exampleGalleryId, exampleMapId } from '../../../src/platform/http/documented-examples.js'
import { accessibilityViolations, needsBrowser, openPage, withBrowser } from '../../support/browser.js'
import { modelCache, samplePhotographs } from '../../support/photographs.js'
import { call, describeService, startService, type RunningService } from '../../support/service.js'

const sample = (k: number) => join(modelCache, 'samples', `${k}.jpg`)

describeService('every page in a browser', running => {
  const places = {
    'compare': '/',
    'models and maps': '/explorer/maps',
    'the versions of a pair': '/explorer/maps?source=example-a&target=example-b',
    'galleries': '/explorer/galleries',
    'a gallery': `/explorer/galleries/${exampleGalleryId}`,
    'evaluations': '/explorer/evaluations',
    'a card': `/v1/maps/${exampleMapId}/card`,
    'an evaluation': `/v1/evaluations/${exampleEvaluationId}/page`,
    'a problem': '/problems/map-missing'
  }
  for (const [width, colorScheme] of [[1280, 'light'], [1280, 'dark'], [375, 'light'], [375, 'dark']] as const) {
    test(`reads at ${width} pixels, ${colorScheme}, twice`, needsBrowser, async () => {
      await withBrowser(async browser => {
        const { page, complaints } = await openPage(browser)
        await page.setViewportSize({ width, height: 800 })
        await page.emulateMedia({ colorScheme })
        for (const [name, path] of Object.entries(places)) {
          for (let visit = 0; visit < 2; visit++) {
            await page.goto(running.url + path)
            assert.deepEqual(await accessibilityViolations(page), [], name)
            const { wide, smallest } = await page.evaluate(() => ({
              wide: document.documentElement.scrollWidth - window.innerWidth,
              // As large as they are on the screen: plots are scaled.
              smallest: Math.min(
                16,
                ...[...document.querySelectorAll('svg text')].filter(text => text.getClientRects().length > 0).map(
                  text =>
                    Number.parseFloat(getComputedStyle(text).fontSize) *
                    Math.hypot((text as SVGTextElement).getScreenCTM()!.a, (text as SVGTextElement).getScreenCTM()!.b)
                ).filter(size => size > 0)
              )
            }))
            assert.ok(wide <= 0, `${name} is ${wide} pixels wider than the screen`)
            if (width === 375) assert.ok(smallest >= 11, `${name} has text of ${smallest} pixels`)
          }
        }
        assert.deepEqual(complaints, [])
      })
    })
  }

  test(
    'no button can be clicked before a script listens, unless the browser itself does what it says',
    needsBrowser,
    async () => {
      await withBrowser(async browser => {
        const page = await (await browser.browser()!.newContext({ javaScriptEnabled: false })).newPage()
        let disabled = 0
        for (const [name, path] of Object.entries(places)) {
          await page.goto(running.url + path)
          const idle = page.locator('button:enabled:not(form[method] button)')
          assert.deepEqual(await idle.allTextContents(), [], name)
          disabled += await page.locator('button:disabled').count()
        }
        assert.ok(disabled > 5)
      })
    }
  )

  test('stored pages and lists read without scripts', needsBrowser, async () => {
    await withBrowser(async browser => {
      const page = await (await browser.browser()!.newContext({ javaScriptEnabled: false })).newPage()
      const expected = {
        '/explorer/maps': /Who is translated into whom.*dlib128.*usable/s,
        '/explorer/evaluations': /example-a, example-b/,
        '/explorer/galleries': /Subjects/,
        [`/v1/maps/${exampleMapId}/card`]: /Translates templates of example-a.*FMR/s
      }
      for (const [path, text] of Object.entries(expected)) {
        await page.goto(running.url + path)
        assert.match((await page.textContent('main'))!, text)
      }
    })
  })

  test('printed cards and evaluations fill their pages', needsBrowser, async () => {
    await withBrowser(async browser => {
      const { page } = await openPage(browser)
      for (const path of [places['a card'], places['an evaluation']]) {
        // A4 less its margins, at 96 pixels per inch.
        const [width, height] = [(21 - 3) / 2.54 * 96, (29.7 - 3) / 2.54 * 96]
        await page.setViewportSize({ width: Math.round(width), height: 800 })
        await page.emulateMedia({ media: 'print' })
        await page.goto(running.url + path)
        const content = await page.evaluate(() => document.documentElement.scrollHeight)
        const pages = (await page.pdf({ format: 'A4' })).toString('latin1').match(/\/Type\s*\/Page\b/g)!.length
        assert.ok(
          pages <= Math.ceil(1.3 * content / height),
          `${path}: ${pages} pages for ${(content / height).toFixed(1)}`
        )
      }
    })
  })

  test('names of models and galleries are text', needsBrowser, async () => {
    const hostile = '<img src=x onerror="document.title=1">'
    assert.equal((await call(running.url, 'POST', '/v1/galleries', { json: { name: hostile } })).status, 201)
    await withBrowser(async browser => {
      const { page, complaints } = await openPage(browser)
      await page.goto(`${running.url}/explorer/galleries`)
      await page.getByRole('link', { name: hostile }).click()
      await page.waitForURL(/galleries\/[0-9a-f-]{36}/)
      assert.equal(await page.textContent('h1'), hostile)
      assert.equal(await page.locator('main img').count(), 0)
      assert.deepEqual(complaints, [])
    })
  })
})

describe('work in a browser', needsBrowser, () => {
  let running: RunningService
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crosswalk-places-'))
    running = await startService()
  })
  after(async () => {
    await running.stop()
    await rm(folder, { recursive: true })
  })

  test('a gallery is made, filled, searched and migrated', async () => {
    await withBrowser(async browser => {
      const { page, complaints } = await openPage(browser)
      page.on('dialog', dialog => {
        dialog.accept().catch(() => {})
      })
      await page.goto(`${running.url}/explorer/galleries`)
      await page.fill('#create-name', 'visitors')
      await page.click('#create-form button')
      await page.waitForURL(/galleries\/[0-9a-f-]{36}/)
      await page.selectOption('#enrol-model', 'dlib128')
      await page.setInputFiles('#enrol-files', [1, 3, 4, 5, 6].map(sample))
      await page.click('#enrol-status a')
      await page.waitForFunction(() => document.querySelector('.note')!.textContent!.startsWith('5 subjects'))

      // Somebody who is enrolled, on another photograph.
      await page.setInputFiles('#search-files', sample(2))
      await page.waitForSelector('#search-status table')
      const rows = await page.$$eval('#search-status tbody tr', all => all.map(row => row.textContent!))
      assert.match(rows[0]!, /^11● this person/)
      assert.ok(rows.slice(1).every(row => row.includes('○ not enough')), rows.join('\n'))

      await page.selectOption('#migrate-target', 'r512')
      await page.click('#migrate-estimate')
      await page.click('#migrate-status button.primary')
      await page.locator('#migrations', { hasText: 'ready to commit' }).waitFor()
      await page.locator('#migrations button', { hasText: 'Commit' }).click()
      await page.locator('#migrations', { hasText: ': committed, 5 templates' }).waitFor()
      await page.locator('#reenrolments', { hasText: '5 subjects have only translated templates of r512' }).waitFor()
      assert.deepEqual(await accessibilityViolations(page), [])
      assert.deepEqual(complaints, [])
    })
  })

  test('a map is fitted on a folder of photographs, activated and retired', async () => {
    // Few people, so that the fit takes seconds: what it says of the map is nothing to rely on.
    const crops = await peopleOf(samplePhotographs)
    for (const [name, files] of crops) {
      await mkdir(join(folder, 'people', name), { recursive: true })
      for (const [k, bytes] of files.entries()) await writeFile(join(folder, 'people', name, `${k}.jpg`), bytes)
    }
    await writeFile(join(folder, 'people', 'notes.txt'), 'no photograph')
    await writeFile(join(folder, 'people', 'broken.jpg'), 'no photograph either')
    await withBrowser(async browser => {
      const { page, complaints } = await openPage(browser, /status of 4(15|22)/)
      page.on('dialog', dialog => {
        dialog.accept().catch(() => {})
      })
      await page.goto(`${running.url}/explorer/maps`)
      await page.setInputFiles('#fit-files', join(folder, 'people'))
      assert.match((await page.textContent('#fit-status'))!, new RegExp(`of ${crops.size} people`))
      await page.selectOption('#fit-source', 'dlib128')
      await page.selectOption('#fit-target', 'r512')
      await page.click('#fit-form button[type=submit]')
      await page.locator('#fit-status', { hasText: 'the map is being fitted' }).waitFor({ timeout: 300_000 })
      assert.match((await page.textContent('#fit-status'))!, /1 could not be used:.*broken\.jpg/)
      await page.locator('#jobs tbody tr:first-child', { hasText: /done|failed/ }).waitFor({ timeout: 300_000 })
      assert.match((await page.textContent('#jobs tbody tr:first-child'))!, /Fit of a map.*done/)

      await page.goto(`${running.url}/explorer/maps?source=dlib128&target=r512#versions`)
      const second = page.locator('#versions tbody tr', { has: page.locator('td:first-child', { hasText: /^2$/ }) })
      await second.getByRole('button', { name: 'Activate' }).click()
      await second.locator('td', { hasText: /^active$/ }).waitFor()
      await second.getByRole('button', { name: 'Retire' }).click()
      await second.locator('td', { hasText: /^retired$/ }).waitFor()
      assert.equal(await second.getByRole('button').count(), 0)
      assert.deepEqual(complaints, [])
    })
  })

  /** Faces of the group photographs, as if each were a person, each twice. */
  async function peopleOf (photographs: readonly string[]): Promise<Map<string, Buffer[]>> {
    const { default: sharp } = await import('sharp')
    const people = new Map<string, Buffer[]>()
    for (const [k, path] of photographs.entries()) {
      const image = await readFile(path)
      const { faces } = await running.service.embed({
        // What is embedded goes to another thread.
        image: await readFile(path),
        faces: 'all',
        aligned: false
      })
      for (const [f, { box }] of faces.entries()) {
        const side = Math.round(2 * box.height)
        const crop = sharp(image).extract({
          left: Math.max(0, Math.round(box.x + box.width / 2 - side / 2)),
          top: Math.max(0, Math.round(box.y + box.height / 2 - side / 2)),
          width: side,
          height: side
        })
        const files = await Promise.all(
          [0, 0.6].map(blur =>
            (blur === 0 ? crop.clone() : crop.clone().blur(blur)).resize(320).jpeg().toBuffer().catch(() => undefined)
          )
        )
        const whole = files.filter(file => file !== undefined)
        if (whole.length === 2) people.set(`person-${k}-${f}`, whole)
      }
    }
    return people
  }
})
