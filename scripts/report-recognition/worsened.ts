import sharp from 'sharp'
import type { Random } from '../../src/science/linear-algebra/random.js'

/** What happens to photographs: of LFW all are good, so a half of them are made worse, each in one way by chance. */
const worsening: readonly ((photograph: Buffer, random: Random) => Promise<Buffer>)[] = [
  async (photograph, random) => {
    const { width } = await sharp(photograph).metadata()
    return await sharp(photograph).resize(Math.round(width / (1.5 + 6 * random.next()))).jpeg().toBuffer()
  },
  (photograph, random) => sharp(photograph).blur(0.5 + 3.5 * random.next()).jpeg().toBuffer(),
  (photograph, random) => sharp(photograph).linear(0.08 + 0.5 * random.next(), 0).jpeg().toBuffer(),
  (photograph, random) => sharp(photograph).linear(1.5 + 3 * random.next(), 20).jpeg().toBuffer()
]

/** The photograph as it is or, as often, worse. */
export async function worsened (photograph: Buffer, random: Random): Promise<Buffer> {
  return random.next() < 0.5 ? photograph : await worsening[random.integer(worsening.length)]!(photograph, random)
}
