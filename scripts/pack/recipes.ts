import { readFile } from 'node:fs/promises'
import { convertDlib } from './dlib.js'
import { packageFile } from './packages.js'
import { convertGraphModel } from './tfjs-graph.js'

/** How each graph of the model pack is made from an npm package: published as ONNX, or converted from TensorFlow.js. */
export type Recipe = () => Promise<Uint8Array>

const published = (file: string): Recipe => () => readFile(packageFile('faceplugin-face-recognition-js', file))

export const recipes: ReadonlyMap<string, Recipe> = new Map<string, Recipe>([
  ['r512', published('model/fr_feature.onnx')],
  ['dlib128', convertDlib],
  [
    'faceres1024',
    () => convertGraphModel(packageFile('@vladmandic/human', 'models/faceres.json'), 'global_pooling/Mean', 1024)
  ],
  ['rfb320', published('model/fr_detect.onnx')],
  ['fr68', published('model/fr_landmark.onnx')]
])
