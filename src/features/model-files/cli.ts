import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { existsSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { assertOwnFolder, projectRoot, readConfig, type Config } from '../../config.js'
import { operatorMessage, Problem, StartupError } from '../../errors.js'
import { openLocator, type Locate } from '../../engines/recognition/locator.js'
import { openModelsFolder } from '../../engines/recognition/models-folder.js'
import { UsageError } from '../../platform/cli/command-line.js'
import { exitCodes } from '../../platform/cli/exit-codes.js'
import { addModel, graphsOf, type Addition, type AddOptions, type TestSet } from './add-model.js'
import { listPhotographs } from './photographs.js'
import { readRecipes } from './recipe.js'
import { readFaces, recognises, type SelfTest, type Separation, type TestFace } from './self-test.js'

export const usage = `crosswalk model add FILE|FOLDER [--recipe ID] [--id ID] [--photographs FOLDER]
                    [--accept recipe|test] [--dry-run] [--no-test] [--json]
crosswalk model recipes [--json]

  Adds an ONNX graph to MODELS_DIR: looks at its names, shapes and digest, proposes a recipe of models/recipes, tests
  it on photographs, and writes manifest and graph. The service has the model when it is started again. A folder, such
  as one of InsightFace's packs, is taken whole: its recognisers and detectors are added, the rest is named and left.

  --recipe       The recipe, where none is proposed or another is meant.
  --id           What to call the model. Default: the name of the recipe, or of the file.
  --photographs  A folder with a subfolder for each person, two photographs or more in some of them. Default: sample
                 photographs with one pair of one person, which tell gross mistakes only; 20 people tell more.
  --accept       Where another channel order, scale or crop tells people apart clearly better than the recipe, nothing
                 is written. This writes the manifest by the recipe, or by what the test found.
  --dry-run      Looks and tests, and writes nothing.
  --no-test      Embeds nothing.
  --json         Prints JSON.

  Exit codes: 0 added, 3 the test contradicts the recipe and nothing was written, 1 failed, 2 wrong arguments.
`

const recipesFolder = join(projectRoot, 'models', 'recipes')

/** @throws StartupError saying what was expected */
export async function run (args: string[]): Promise<void> {
  const { values, action, path } = readRequest(args)
  const recipes = await readRecipes(recipesFolder)
  if (action === 'recipes') {
    if (values.json) process.stdout.write(JSON.stringify(recipes, null, 2) + '\n')
    else for (const { recipe, manifest } of recipes) process.stdout.write(`${recipe.padEnd(26)} ${manifest.title}\n`)
    return
  }
  const { accept } = values
  const config = readConfig()
  if (!values['dry-run']) assertOwnFolder(config.modelsDir, 'MODELS_DIR')
  const graphs = await graphsOf(resolve(path))
  const whole = graphs.length > 1 || graphs[0] !== resolve(path)
  if (whole && (values.recipe !== undefined || values.id !== undefined)) {
    throw new UsageError('--recipe, --id: expected one file, received a folder')
  }
  const tests = values['no-test'] ? undefined : await testsOf(config, values.photographs)
  const options: AddOptions = {
    recipes,
    recipe: values.recipe,
    id: values.id,
    folder: config.modelsDir,
    tests,
    accept,
    dryRun: values['dry-run']
  }
  const additions: Addition[] = []
  const left: { file: string, why: string }[] = []
  for (const graph of graphs) {
    try {
      additions.push(await addModel(graph, options))
    } catch (error) {
      if (!whole || !(error instanceof StartupError)) throw error
      left.push({ file: graph, why: error.message })
    }
  }
  if (values.json) process.stdout.write(JSON.stringify({ additions, left }, null, 2) + '\n')
  else {process.stdout.write([
      ...additions.map(describe),
      ...left.map(({ file, why }) => `${file}: left out: ${why}\n`)
    ].join('\n'))}
  if (additions.length === 0) throw new StartupError(`${path}: none of the graphs is one of a recipe`)
  if (additions.some(({ test }) => contradicted(test)) && accept === undefined) process.exitCode = exitCodes.no
}

/** @throws UsageError */
function readRequest (args: string[]) {
  const read = () =>
    parseArgs({
      args,
      allowPositionals: true,
      options: {
        recipe: { type: 'string' },
        id: { type: 'string' },
        photographs: { type: 'string' },
        accept: { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
        'no-test': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false }
      }
    })
  let parsed: ReturnType<typeof read>
  try {
    parsed = read()
  } catch (error) {
    throw new UsageError(`model: ${(error as Error).message}\n\n${usage}`, { cause: error })
  }
  const { values: { accept, ...values }, positionals: [action, path, ...others] } = parsed
  if ((action !== 'add' || path === undefined || others.length > 0) && !(action === 'recipes' && path === undefined)) {
    throw new UsageError(`expected "model add FILE" or "model recipes", received "model ${args.join(' ')}"\n\n${usage}`)
  }
  if (accept !== undefined && accept !== 'recipe' && accept !== 'test') {
    throw new UsageError(`--accept: expected recipe or test, received ${accept}`)
  }
  if (values.id !== undefined && !/^[a-z0-9][a-z0-9._-]{0,62}$/.test(values.id)) {
    throw new UsageError(`--id: expected up to 63 of a-z, 0-9, ".", "_" and "-", received ${JSON.stringify(values.id)}`)
  }
  const accepted: AddOptions['accept'] = accept
  return { values: { ...values, accept: accepted }, action, path: path ?? '' }
}

const contradicted = (test: Addition['test']) =>
  test !== undefined && 'recogniser' in test && test.recogniser.better !== undefined

/** The faces to test with. @throws StartupError when the folder named has no two photographs of one person */
async function testsOf (config: Config, folder: string | undefined): Promise<TestSet | undefined> {
  const photographs = folder === undefined ? samplePhotographs() : await listPhotographs(resolve(folder))
  if (photographs === undefined) {
    process.stderr.write('no test: there are no sample photographs here, name some with --photographs\n')
    return undefined
  }
  const models = await openModelsFolder(config.modelsDir, config.modelCacheDir)
  const locate = await openLocator(models, config.detector)
  const faces: TestFace[] = []
  const images = new Map<TestFace['pixels'], TestFace['face']['points'][]>()
  for (const photograph of photographs) {
    for (const face of await facesOf(photograph, folder === undefined, locate)) {
      faces.push(face)
      images.set(face.pixels, [...images.get(face.pixels) ?? [], face.face.points])
    }
  }
  const people = new Set(faces.map(({ person }) => person)).size
  if (people < 2 || people === faces.length) {
    throw new StartupError(
      `${folder}: expected photographs of 2 people or more, two of one of them, found ${faces.length} faces of ${people}`
    )
  }
  return { faces, photographs: [...images].map(([pixels, found]) => ({ pixels, faces: found })) }
}

async function facesOf (
  { path, person }: { path: string, person: string },
  samples: boolean,
  locate: Locate
): Promise<TestFace[]> {
  try {
    // Everybody on a sample is somebody else, but for the largest face of two of them.
    return await readFaces(
      await readFile(path),
      samples ? 'all' : 'largest',
      k => samples && k > 0 ? `${basename(path)} ${k}` : person,
      locate
    )
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    process.stderr.write(`${path}: ${operatorMessage(error)}\n`)
    return []
  }
}

/**
 * Photographs that come with a package the model pack is built from. The largest faces of the first and the third are
 * one person, as r512, mbf128 and mfv2-256 agree with cosines of 0.70 to 0.72.
 */
function samplePhotographs (): { path: string, person: string }[] | undefined {
  const name = '@vladmandic/face-api'
  const folder = createRequire(import.meta.url).resolve.paths(name)?.map(modules => join(modules, name, 'demo')).find(
    path => existsSync(path)
  )
  return folder === undefined
    ? undefined
    : ['1', '2', '3', '4', '5', '6'].map(k => ({
      path: join(folder, `sample${k}.jpg`),
      person: k === '3' ? 'sample1' : `sample${k}`
    }))
}

function describe ({ id, file, proposals, manifest, test, written }: Addition): string {
  const [{ recipe, by }, ...others] = proposals as [Addition['proposals'][number], ...Addition['proposals']]
  const evidence = {
    digest: 'the file is the published one',
    names: 'by the names and shapes of the graph',
    shape: 'by the shape of the graph alone'
  }
  return [
    `${file}: ${manifest.title}`,
    `  recipe    ${recipe.recipe}, ${evidence[by]}${
      others.length === 0 ? '' : `; also possible: ${others.map(other => other.recipe.recipe).join(', ')}`
    }`,
    ...recipe.notes === undefined ? [] : [`  note      ${recipe.notes}`],
    `  licence   ${manifest.licence}`,
    `  digest    ${manifest.graph.sha256}${
      by !== 'digest' && recipe.sha256 !== undefined ? ', not the published one' : ''
    }`,
    ...test === undefined
      ? [`  test      none${others.length === 0 ? '' : ': which of these recipes is right is not known'}`]
      : 'recogniser' in test
      ? describeTest(test.recogniser)
      : [
        `  test      ${test.detector.found} of ${test.detector.faces} faces on ${test.detector.photographs} photographs` +
        (test.detector.pointDistance === null
          ? ''
          : `; points differ from the present detector's by ${
            test.detector.pointDistance.toFixed(3)
          } of the distance of the eyes`)
      ],
    written === undefined ? '  nothing was written' : `  wrote     ${written}`,
    ...written !== undefined && manifest.kind === 'detector' ? [`  to use it start with DETECTOR=${id}`] : []
  ].join('\n') + '\n'
}

const figures = ({ mated, nonMated, auc, distance }: Separation) =>
  `cosine ${mated.toFixed(3)} of one person, ${nonMated.toFixed(3)} of two; area under the curve ${auc.toFixed(3)}, ` +
  `distance ${distance.toFixed(2)}`

function describeTest ({ photographs, people, separation, variants, better }: SelfTest): string[] {
  return [
    `  test      ${photographs} faces of ${people} people: ${figures(separation)}`,
    ...variants.map(({ what, says, separation: other }) =>
      `            ${what} ${says}: distance ${other.distance.toFixed(2)}`
    ),
    better === undefined
      ? separation.auc < recognises
        ? '  WEAK      it hardly tells people apart on these photographs, and no other way does'
        : '            no other channel order, scale or crop is clearly better'
      : `  WRONG     ${better.what}: ${better.says} tells people apart clearly better (${figures(better.separation)})`
  ]
}
