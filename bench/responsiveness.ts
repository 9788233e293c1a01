import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import sharp from 'sharp'
import { projectRoot } from '../src/config.js'

/**
 * Prints how long /health/live takes while photographs of 12 megapixels are embedded with the three models of the pack,
 * beside how long it takes when nothing else runs. The service is the built one, in a process of its own.
 */
const photographs = 12
const dataDir = await mkdtemp(join(tmpdir(), 'crosswalk-bench-'))
const service = spawn(process.execPath, [join(projectRoot, 'dist', 'server.js')], {
  env: { ...process.env, PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'warn' }, stdio: ['ignore', 'pipe', 'inherit']
})
const url = await address()
const agent = new Agent({ keepAlive: true, maxSockets: 1 })
try {
  const sample = join(projectRoot, 'node_modules', '@vladmandic', 'face-api', 'demo', 'sample3.jpg')
  const image = new Uint8Array(await sharp(sample).resize(4000, 3000, { fit: 'cover' }).jpeg({ quality: 90 }).toBuffer())

  const idle = await poll(setTimeout(5000))
  let embedding = 0
  const busy = await poll((async () => {
    for (let i = 0; i < photographs; i++) {
      const began = performance.now()
      const response = await fetch(`${url}/v1/embeddings?models=r512,dlib128,faceres1024`, { method: 'POST', headers: { 'content-type': 'image/jpeg' }, body: image })
      if (!response.ok) throw new Error(await response.text())
      await response.arrayBuffer()
      embedding += performance.now() - began
    }
  })())
  console.log(`${photographs} photographs of 4000 x 3000 (${(image.length / 1e6).toFixed(1)} MB), three models: ${(embedding / photographs).toFixed(0)} ms each\n`)
  console.log('| /health/live, ms | requests | median | 99 % | longest |')
  console.log('|---|---|---|---|---|')
  for (const [name, times] of [['idle', idle], ['while embedding', busy]] as const) {
    const sorted = [...times].sort((a, b) => a - b)
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!.toFixed(1)
    console.log(`| ${name} | ${sorted.length} | ${at(0.5)} | ${at(0.99)} | ${at(1)} |`)
  }
} finally {
  agent.destroy()
  service.kill('SIGTERM')
  await once(service, 'exit')
  await rm(dataDir, { recursive: true, force: true })
}

/** Milliseconds of each request to /health/live, one every 5 ms, until `work` is done. */
async function poll (work: Promise<unknown>): Promise<number[]> {
  const times: number[] = []
  const state = { running: true }
  const done = work.finally(() => { state.running = false })
  while (state.running) {
    const began = performance.now()
    await new Promise<void>((resolve, reject) => {
      get(`${url}/health/live`, { agent }, response => { response.resume().on('end', resolve) }).on('error', reject)
    })
    times.push(performance.now() - began)
    await setTimeout(5)
  }
  await done
  return times
}

/** Where the service says that it listens. */
async function address (): Promise<string> {
  let output = ''
  for await (const chunk of service.stdout) {
    output += String(chunk)
    const found = /listens on (http:\S+)/.exec(output)?.[1]
    if (found !== undefined) return found
  }
  throw new Error('the service did not start')
}
