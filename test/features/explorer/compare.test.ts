import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { accessibilityViolations, needsBrowser, openPage, withBrowser } from '../../support/browser.js'
import { modelCache } from '../../support/photographs.js'
import { startService, type RunningService } from '../../support/service.js'

const sample = (k: number) => join(modelCache, 'samples', `${k}.jpg`)
const looks = [
  ['a desk, light', { width: 1280, height: 900 }, 'light'],
  ['a telephone, dark', { width: 375, height: 700 }, 'dark']
] as const

/** Chooses two samples and waits for the answer. */
async function chooseSamples (page: Page, a: number, b: number): Promise<string> {
  await page.click(`#samples-a li:nth-child(${a}) button`)
  await page.waitForSelector('#status-a .crop')
  await page.click(`#samples-b li:nth-child(${b}) button`)
  return await verdict(page)
}

async function verdict (page: Page): Promise<string> {
  await page.waitForSelector('#verdict', { timeout: 120_000 })
  return (await page.textContent('#verdict strong'))!
}

/** Waits until every cell of the matrix has its answer. */
async function matrixOf (page: Page): Promise<string[]> {
  await page.waitForFunction(
    () => {
      const cells = [...document.querySelectorAll('.pairs td button')]
      return cells.length > 0 && cells.every(cell => cell.textContent !== '…')
    },
    undefined,
    { timeout: 120_000 }
  )
  return await page.$$eval('.pairs td button', cells => cells.map(cell => cell.getAttribute('aria-label')!))
}

/** Drops or pastes a photograph, as a browser does with one of the desk. */
async function give (page: Page, type: 'drop' | 'paste', selector: string, photograph: Buffer): Promise<void> {
  await page.locator(selector).evaluate((element, { type, data }) => {
    const files = new DataTransfer()
    const bytes = Uint8Array.from(atob(data), character => character.charCodeAt(0))
    files.items.add(new File([bytes], 'photograph.jpg', { type: 'image/jpeg' }))
    const about = { bubbles: true, cancelable: true }
    element.dispatchEvent(
      type === 'drop'
        ? new DragEvent(type, { ...about, dataTransfer: files })
        : new ClipboardEvent(type, { ...about, clipboardData: files })
    )
  }, { type, data: photograph.toString('base64') })
}

describe('comparing photographs in a browser', needsBrowser, () => {
  let running: RunningService
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crosswalk-compare-'))
    running = await startService()
  })
  after(async () => {
    await running.stop()
    await rm(folder, { recursive: true })
  })

  for (const [name, viewport, colorScheme] of looks) {
    test(`two samples are decided rightly, twice: ${name}`, async () => {
      await withBrowser(async browser => {
        const { page, complaints } = await openPage(browser)
        await page.setViewportSize(viewport)
        await page.emulateMedia({ colorScheme })
        for (let visit = 0; visit < 2; visit++) {
          await page.goto(running.url)
          assert.deepEqual(await accessibilityViolations(page), [])
          assert.equal(await chooseSamples(page, 1, 2), 'The same person')
          const same = await matrixOf(page)
          assert.equal(same.length, 9)
          assert.ok(same.every(cell => /: The same person/.test(cell)), same.join('\n'))
          assert.deepEqual(await accessibilityViolations(page), [])
          await page.click('#samples-b li:nth-child(4) button')
          await page.waitForFunction(() =>
            document.querySelector('#verdict strong')?.textContent === 'Not the same person'
          )
          const different = await matrixOf(page)
          assert.ok(different.every(cell => /: Not the same person/.test(cell)), different.join('\n'))
          // Nothing is wider than the screen.
          assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth))
        }
        assert.deepEqual(complaints, [])
      })
    })
  }

  test('a button can be clicked once somebody listens', async () => {
    await withBrowser(async browser => {
      const { page, complaints } = await openPage(browser)
      let goOn = () => {}
      const held = new Promise<void>(resolve => {
        goOn = resolve
      })
      await page.route(/compare[^/]*\.js/, async route => {
        await held
        await route.continue()
      })
      await page.goto(running.url, { waitUntil: 'commit' })
      assert.ok(await page.isDisabled('#samples-a li:nth-child(1) button'))
      assert.ok(await page.isDisabled('#camera-b'))
      goOn()
      assert.equal(await chooseSamples(page, 1, 2), 'The same person')
      assert.ok(await page.isEnabled('#camera-b'))
      assert.deepEqual(complaints, [])
    })
  })

  test('the rate, the model and the cell of the matrix decide what is shown, with the map that did it', async () => {
    await withBrowser(async browser => {
      const { page, complaints } = await openPage(browser)
      await page.goto(running.url)
      await chooseSamples(page, 1, 2)
      assert.match((await page.textContent('#answer'))!, /at one false match in 1,000/)
      await page.check('input[name=fmr][value="0.0001"]')
      await page.waitForFunction(() =>
        document.querySelector('#answer')!.textContent!.includes('one false match in 10,000')
      )
      await page.selectOption('#model-a', 'r512')
      await page.selectOption('#model-b', 'dlib128')
      const card = page.getByRole('link', { name: /map from (r512 to dlib128|dlib128 to r512), version 1/ })
      await card.waitFor()
      await page.locator('.ruler').waitFor()
      await matrixOf(page)
      await page.click('[aria-label^="faceres1024, r512:"]')
      await page.waitForFunction(() => document.querySelector<HTMLSelectElement>('#model-a')!.value === 'faceres1024')
      await page.getByRole('link', { name: /map from (faceres1024 to r512|r512 to faceres1024)/ }).click()
      await page.waitForURL(/\/card$/)
      assert.deepEqual(complaints, [])
    })
  })

  test("a photograph of one's own, under any name, is text and never markup", async () => {
    const name = '<img src=x onerror=document.title=1>\'"`$(id).jpg'
    await withBrowser(async browser => {
      const { page, complaints } = await openPage(browser)
      await page.goto(running.url)
      await page.setInputFiles('#file-a', { name, mimeType: 'image/jpeg', buffer: await readFile(sample(1)) })
      await page.setInputFiles('#file-b', { name: '-rf.jpg', mimeType: '', buffer: await readFile(sample(2)) })
      assert.equal(await verdict(page), 'The same person')
      const code = (await page.textContent('pre[data-language=curl]'))!
      assert.ok(code.includes(name.replaceAll("'", "'\\''")), code)
      assert.equal(await page.locator('#answer img').count(), 0)
      assert.notEqual(await page.title(), '1')
      assert.deepEqual(complaints, [])
    })
  })

  test('a photograph is dropped, pasted or taken by the camera', async () => {
    // A film of one picture that the camera repeats.
    const film = join(folder, 'film.mjpeg')
    const picture = await sharp(await readFile(sample(2))).resize(640, 480, { fit: 'contain', background: '#888' })
      .jpeg().toBuffer()
    await writeFile(film, Buffer.concat(new Array<Buffer>(10).fill(picture)))
    await withBrowser(async browser => {
      const { page, complaints } = await openPage(browser)
      await page.goto(running.url)
      await give(page, 'drop', '#drop-a', await readFile(sample(1)))
      await page.waitForSelector('#status-a .crop')
      await page.click('#camera-b')
      assert.deepEqual(await accessibilityViolations(page), [])
      await page.click('dialog button.primary')
      assert.equal(await verdict(page), 'The same person')
      await page.focus('#camera-b')
      await give(page, 'paste', '#camera-b', await readFile(sample(4)))
      await page.waitForFunction(() => document.querySelector('#verdict strong')?.textContent === 'Not the same person')
      assert.equal(await page.locator('dialog').count(), 0)
      assert.deepEqual(complaints, [])
    }, film)
  })

  test('the command and the programs say the same as the page', async () => {
    await copyFile(sample(1), join(folder, "her's.jpg"))
    await copyFile(sample(2), join(folder, '2.jpg'))
    const code: Record<string, string> = {}
    await withBrowser(async browser => {
      const { page } = await openPage(browser)
      await page.goto(running.url)
      await page.setInputFiles('#file-a', {
        name: "her's.jpg",
        mimeType: 'image/jpeg',
        buffer: await readFile(sample(1))
      })
      await page.setInputFiles('#file-b', sample(2))
      await verdict(page)
      for (const language of ['curl', 'TypeScript', 'Python']) {
        code[language] = (await page.textContent(`pre[data-language=${language}]`))!
      }
    })
    const run = async (command: string, ...parameters: string[]) =>
      (await promisify(execFile)(command, parameters, { cwd: folder })).stdout
    assert.match(await run('bash', '-c', code['curl']!), /"decision":"match"/)
    await writeFile(join(folder, 'compare.mjs'), code['TypeScript']!.replace(/: string/g, ''))
    assert.match(await run(process.execPath, 'compare.mjs'), /decision: 'match'/)
    const python = await run('python3', '-c', code['Python']!).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return "'decision': 'match'"
      throw error
    })
    assert.match(python, /'decision': 'match'/)
  })

  test('what is refused says why where the photograph is, and the page goes on', async () => {
    await withBrowser(async browser => {
      const { page, complaints } = await openPage(browser, /status of 4(15|22)/)
      await page.goto(running.url)
      await page.setInputFiles('#file-a', { name: 'a.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('no picture') })
      await page.waitForSelector('#status-a .problem')
      assert.match((await page.textContent('#status-a'))!, /not an image of a supported format/i)
      await page.click('#camera-b')
      await page.click('dialog button.primary')
      await page.waitForSelector('#status-b .problem')
      assert.match((await page.textContent('#status-b'))!, /No face was found/)
      assert.deepEqual(await accessibilityViolations(page), [])
      assert.equal(await chooseSamples(page, 1, 2), 'The same person')
      assert.deepEqual(complaints, [])
    })
  })

  test('the page is used by keyboard alone', async () => {
    await withBrowser(async browser => {
      const { page } = await openPage(browser)
      await page.goto(running.url)
      const press = async (selector: string, key: string) => {
        for (let steps = 0; steps < 60; steps++) {
          await page.keyboard.press('Tab')
          if (await page.evaluate(wanted => document.activeElement?.matches(wanted) === true, selector)) break
        }
        assert.ok(await page.evaluate(wanted => document.activeElement?.matches(wanted) === true, selector), selector)
        await page.keyboard.press(key)
      }
      await press('#samples-a li:nth-child(1) button', 'Enter')
      await press('#samples-b li:nth-child(2) button', 'Space')
      assert.equal(await verdict(page), 'The same person')
    })
  })

  test('a comparison prints on one page', async () => {
    await withBrowser(async browser => {
      const { page } = await openPage(browser)
      await page.goto(running.url)
      await chooseSamples(page, 1, 2)
      await matrixOf(page)
      const pdf = (await page.pdf()).toString('latin1')
      assert.equal(pdf.match(/\/Type\s*\/Page\b/g)!.length, 1)
    })
  })

  test('without scripts the page says so', async () => {
    await withBrowser(async browser => {
      const page = await (await browser.browser()!.newContext({ javaScriptEnabled: false })).newPage()
      await page.goto(running.url)
      assert.match((await page.textContent('main'))!, /needs scripts/)
    })
  })
})

describe('comparing with an API key', needsBrowser, () => {
  let running: RunningService
  before(async () => {
    running = await startService({ config: { apiKeysRequired: true } })
  })
  after(() => running.stop())

  test('a browser signs in with a key, compares on a telephone, and is asked again once the key is revoked', async () => {
    const { key, stored } = await running.service.access.issue({ name: 'a visitor', scopes: ['embed', 'verify'] })
    await withBrowser(async browser => {
      const { page, complaints } = await openPage(browser, /status of 401/)
      await page.setViewportSize({ width: 375, height: 700 })
      await page.goto(running.url)
      await page.waitForURL(/\/explorer\/sign-in\?next=%2F$/)
      assert.deepEqual(await accessibilityViolations(page), [])
      await page.fill('input[name=key]', `cw_0123456789ab_${'x'.repeat(43)}`)
      await page.click('button.primary')
      await page.waitForSelector('[role=alert]')
      assert.deepEqual(await accessibilityViolations(page), [])
      await page.fill('input[name=key]', key)
      await page.click('button.primary')
      await page.waitForURL(`${running.url}/`)
      assert.deepEqual(await accessibilityViolations(page), [])
      await page.setInputFiles('#file-a', sample(1))
      await page.setInputFiles('#file-b', sample(2))
      assert.equal(await verdict(page), 'The same person')
      // What the browser keeps does not have the key, and scripts see nothing of it.
      assert.equal(await page.evaluate(() => document.cookie), '')
      const kept = JSON.stringify(await browser.storageState())
      assert.ok(!kept.includes(key.slice(16)), 'the browser keeps the key')

      await running.service.access.revoke(stored.id)
      // A call that the page still had to make may lead there first.
      await Promise.all([
        page.waitForURL(/\/explorer\/sign-in/),
        page.selectOption('#model-b', 'r512', { timeout: 20_000 }).catch(() => {})
      ])
      assert.deepEqual(complaints, [])
    })
  })

  test('signing out leaves nothing to go back to', async () => {
    const { key } = await running.service.access.issue({ name: 'a visitor', scopes: ['embed', 'verify'] })
    await withBrowser(async browser => {
      const { page } = await openPage(browser)
      await page.goto(running.url)
      await page.fill('input[name=key]', key)
      await page.click('button.primary')
      await page.click('header form button')
      await page.waitForURL(/\/explorer\/sign-in/)
      await page.goBack()
      await page.waitForURL(/\/explorer\/sign-in/)
      await page.goto(`${running.url}/`)
      await page.waitForURL(/\/explorer\/sign-in/)
    })
  })

  test('a key without the scopes is told which it lacks; one that is told no scores sees decisions', async () => {
    const translator = await running.service.access.issue({ name: 'translator', scopes: ['translate'] })
    const silent = await running.service.access.issue({
      name: 'gate',
      scopes: ['embed', 'verify'],
      scores: 'none',
      templatesPerDay: 100
    })
    await withBrowser(async browser => {
      const { page, complaints } = await openPage(browser)
      await page.goto(running.url)
      await page.fill('input[name=key]', translator.key)
      await page.click('button.primary')
      await page.waitForSelector('.problem')
      assert.match((await page.textContent('.problem'))!, /lacks embed, verify/)
      await page.click('header form button')
      await page.fill('input[name=key]', silent.key)
      await page.click('button.primary')
      assert.equal(await chooseSamples(page, 1, 2), 'The same person')
      await page.waitForSelector('.ruler-place .note')
      assert.match((await page.textContent('.ruler-place'))!, /decisions and no scores/)
      assert.equal(await page.locator('.ruler').count(), 0)
      // The budget of the key pays for one comparison until it is asked for more.
      assert.equal(await page.locator('.pairs').count(), 0)
      await page.click('text=Compare under every model')
      assert.equal((await matrixOf(page)).length, 9)
      assert.deepEqual(complaints, [])
    })
  })
})
