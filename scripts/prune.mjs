/**
 * `npm run prune`, after `npm ci --omit=dev`: removes what this platform never loads. onnxruntime-node brings the
 * libraries of all platforms, and those of GPUs, in one package: 220 of its 288 MB.
 */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const bin = fileURLToPath(new URL('../node_modules/onnxruntime-node/bin', import.meta.url))
for (const version of await readdir(bin)) {
  for (const platform of await readdir(join(bin, version))) {
    const folder = join(bin, version, platform)
    if (platform !== process.platform) {
      await rm(folder, { recursive: true })
      continue
    }
    for (const architecture of await readdir(folder)) {
      if (architecture !== process.arch) {
        await rm(join(folder, architecture), { recursive: true })
        continue
      }
      for (const name of await readdir(join(folder, architecture))) {
        if (name.startsWith('libonnxruntime_providers_')) await rm(join(folder, architecture, name))
      }
    }
  }
}
