import { writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { basename, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { operatorMessage, StartupError } from '../src/errors.js'
import { analysisNames, defaultAnalyses, type AnalysisName } from '../src/science/cards/model-analyses.js'
import { evaluationMethods } from '../src/science/cards/model-evaluation.js'
import { evaluateModels, type EvaluationOptions } from '../src/science/fitting/evaluate-models.js'
import { createEngineProducts } from '../src/engines/onnx/products.js'
import { renderEvaluationPage } from '../src/features/evaluations/evaluation-page.js'
import { createProgressBar } from './evaluate/progress.js'
import { renderEvaluation } from './evaluate/tables.js'
import { modelsOfFolder, readTemplates } from './templates-folder.js'

const usage = `npm run evaluate -- --data FOLDER [options]

  --data FOLDER      samples.csv (sample,identity) and a MODEL.npy per model, with rows in the order of the samples
  --test FOLDER      another such folder, on which to test the same maps
  --models A,B,...   default: all models that the folders have in common
  --method METHOD    ${evaluationMethods.join(', ')}; default: ridge; auto takes many times as long
  --fmr RATE         false match rate of the true match rates; default: 0.001
  --seed INTEGER     of the split; default: 42
  --analyses A,B,... ${analysisNames.join(', ')},
                     all or none; default: ${defaultAnalyses.join(',')}
  --held-out SHARE   of the people of --data held out from fitting, 0.1 to 0.5; default: 0.3
  --out FILE         writes a page with heat maps and a dendrogram
  --json FILE        writes all figures
  --threads COUNT    for matrix products; default: all cores`

/** Evaluates the models of a folder of templates as POST /v1/evaluations does, without a service. */
async function main (): Promise<void> {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      test: { type: 'string' },
      models: { type: 'string' },
      method: { type: 'string', default: 'ridge' },
      fmr: { type: 'string', default: '0.001' },
      seed: { type: 'string', default: '42' },
      analyses: { type: 'string', default: defaultAnalyses.join() },
      'held-out': { type: 'string', default: '0.3' },
      out: { type: 'string' },
      json: { type: 'string' },
      threads: { type: 'string', default: String(availableParallelism()) },
      help: { type: 'boolean', default: false }
    }
  })
  if (values.help) {
    console.log(usage)
    return
  }
  if (values.data === undefined) throw new StartupError(`--data: expected a folder, received nothing\n\n${usage}`)
  const method = evaluationMethods.find(name => name === values.method)
  if (method === undefined) {
    throw new StartupError(`--method: expected one of ${evaluationMethods.join(', ')}, received ${values.method}`)
  }
  const options: EvaluationOptions = {
    method,
    analyses: analysesOf(values.analyses),
    fmr: numberOf('--fmr', values.fmr, 1e-6, 1e-1),
    seed: numberOf('--seed', values.seed, 0, 0xffffffff, true),
    heldOutFraction: numberOf('--held-out', values['held-out'], 0.1, 0.5)
  }
  const threads = numberOf('--threads', values.threads, 1, 256, true)

  const folders = [values.data, ...values.test === undefined ? [] : [values.test]].map(folder => resolve(folder))
  const models = await modelsFor(folders, values.models?.split(','))
  const [corpus, testCorpus] = await Promise.all(folders.map(folder => readTemplates(folder, models)))

  const products = createEngineProducts({ threads })
  const bar = createProgressBar(process.stderr)
  try {
    const evaluation = await evaluateModels(
      { models, corpus: corpus!, testCorpus },
      options,
      products,
      ({ stage, fraction }) => bar.update(stage, fraction)
    )
    bar.finish()
    console.log(renderEvaluation(evaluation))
    if (values.json !== undefined) await writeFile(values.json, JSON.stringify(evaluation, null, 2) + '\n')
    if (values.out !== undefined) {
      await writeFile(
        values.out,
        await renderEvaluationPage(evaluation, { title: folders.map(folder => basename(folder)).join(', tested on ') })
      )
    }
  } finally {
    bar.finish()
    await products.release()
  }
}

function analysesOf (text: string): readonly AnalysisName[] {
  if (text === 'all') return analysisNames
  if (text === 'none') return []
  const names = text.split(',')
  const unknown = names.find(name => !analysisNames.some(known => known === name))
  if (unknown !== undefined) {
    throw new StartupError(`--analyses: expected all, none or some of ${analysisNames.join(', ')}, received ${unknown}`)
  }
  return analysisNames.filter(name => names.includes(name))
}

async function modelsFor (folders: readonly string[], named: readonly string[] | undefined): Promise<string[]> {
  const there = await Promise.all(folders.map(modelsOfFolder))
  const common = there[0]!.filter(model => there.every(models => models.includes(model)))
  const unknown = named?.find(model => !common.includes(model))
  if (unknown !== undefined) {
    throw new StartupError(
      `--models: expected models that every folder has (${common.join(', ')}), received ${unknown}`
    )
  }
  if (named !== undefined && new Set(named).size < named.length) {
    throw new StartupError(`--models: expected every model once, received ${named.join(',')}`)
  }
  return [...named ?? common]
}

function numberOf (name: string, text: string, lowest: number, highest: number, whole = false): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= lowest && value <= highest && (!whole || Number.isInteger(value))) return value
  throw new StartupError(
    `${name}: expected ${whole ? 'an integer' : 'a number'} from ${lowest} to ${highest}, received ${text}`
  )
}

try {
  await main()
} catch (error) {
  console.error(operatorMessage(error))
  process.exitCode = 1
}
