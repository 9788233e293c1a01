import type { TemplateMatrix } from '../../science/linear-algebra/matrix.js'
import { digestOfProfile } from '../catalogue/index.js'
import type { Space } from '../../science/template/space.js'
import type { ChosenMap } from './map-choice.js'
import {
  createGuard,
  createMeasurer,
  createProfiles,
  type GuardMode,
  type GuardReport,
  readProfiles
} from '../guard/index.js'

/**
 * The guard with the profiles of a maps folder and those that came with the map, the only sources without a service.
 *
 * @throws StartupError naming the invalid file
 */
export async function createFileGuard (mode: GuardMode, mapsDir: string, { source, target, profiles: own }: ChosenMap) {
  const ofMap = [{ space: source, profile: own?.source }, { space: target, profile: own?.target }].flatMap(
    ({ space, profile }) => profile === undefined ? [] : [{ space, profile }]
  )
  // Those of the folder count: the operator put them there.
  const files = new Map([...ofMap, ...await readProfiles(mapsDir)].map(file => [file.space.fingerprint, file]))
  const measurer = createMeasurer({ threads: 1 })
  const profiles = createProfiles({
    list: async () =>
      [...files].map(([fingerprint, { profile }]) => ({ fingerprint, sha256: digestOfProfile(profile) })),
    get: async fingerprint => files.get(fingerprint)?.profile
  }, measurer)
  await profiles.refresh()
  const spaces = [...files.values()].map(({ space }) => space)
  const guard = createGuard(mode, { spaces: () => spaces }, profiles, measurer)
  return {
    /** See `Guard`; null when it is off or the space has no profile. @throws Problem `template-foreign` */
    async inspect (space: Space, templates: TemplateMatrix): Promise<GuardReport<number> | null> {
      return templates.rows === 0 || !files.has(space.fingerprint) ? null : await guard.inspect([{ space, templates }])
    },
    close: () => measurer.close()
  }
}
