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

/** Built only when asked for by name: their manifests are recipes, which `crosswalk model add` writes. */
export const optionalRecipes: ReadonlyMap<string, Recipe> = new Map<string, Recipe>([
  [
    'coco720',
    () =>
      convertGraphModel(
        packageFile('@vladmandic/human', 'models/centernet.json'),
        'tower_0/MobilenetV3/expanded_conv_14/expand/hard_swish/mul_1',
        720,
        { side: 256, pooled: true }
      )
  ]
])
