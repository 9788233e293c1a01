import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeModel } from '../../../src/engines/onnx/model-writer.js'
import { openGraph } from '../../../src/engines/onnx/runtime.js'
import { openDetector, decoders } from '../../../src/engines/recognition/detection/detector.js'
import type { Box, FivePoints } from '../../../src/engines/recognition/geometry.js'
import type { DetectorManifest } from '../../../src/engines/recognition/manifest.js'

/** A face to be encoded as a family of detectors would, in pixels of the input, and the stride whose cell finds it. */
interface KnownFace {
  readonly box: Box
  readonly points: FivePoints
  readonly stride: number
  readonly score: number
}

const size = { width: 128, height: 96 }

function face (x: number, y: number, width: number, height: number, stride: number, score: number): KnownFace {
  const at = (u: number, v: number): { x: number, y: number } => ({ x: x + u * width, y: y + v * height })
  return {
    box: { x, y, width, height },
    points: [at(0.3, 0.4), at(0.7, 0.4), at(0.5, 0.6), at(0.35, 0.8), at(0.65, 0.8)],
    stride,
    score
  }
}

// Far enough from one another that suppression leaves them alone.
const faces = [face(10, 12, 18, 22, 8, 0.9), face(60, 8, 40, 50, 16, 0.8), face(2, 50, 45, 44, 32, 0.7)]

/** The outputs that a graph of this family would give for the faces. */
type Encode = (set: (role: string, row: number, values: readonly number[]) => void, face: KnownFace) => void

const encoders: Record<DetectorManifest['decoder'], Encode> = {
  rfb (set, { box, score, stride }) {
    // Any anchor will do: the graph's boxes are absolute.
    set('scores', stride, [1 - score, score])
    set('boxes', stride, [
      box.x / size.width,
      box.y / size.height,
      (box.x + box.width) / size.width,
      (box.y + box.height) / size.height
    ])
  },
  yunet (set, { box, points, score, stride }) {
    const { column, row, index } = cell(box, stride)
    set(`cls_${stride}`, index, [score])
    set(`obj_${stride}`, index, [score])
    set(`bbox_${stride}`, index, [
      (box.x + box.width / 2) / stride - column,
      (box.y + box.height / 2) / stride - row,
      Math.log(box.width / stride),
      Math.log(box.height / stride)
    ])
    set(`kps_${stride}`, index, points.flatMap(({ x, y }) => [x / stride - column, y / stride - row]))
  },
  scrfd (set, { box, points, score, stride }) {
    const { column, row, index } = cell(box, stride)
    const [x, y] = [column * stride, row * stride]
    // The second anchor of the cell.
    set(`score_${stride}`, 2 * index + 1, [score])
    set(
      `bbox_${stride}`,
      2 * index + 1,
      [x - box.x, y - box.y, box.x + box.width - x, box.y + box.height - y].map((pixels) => pixels / stride)
    )
    set(`kps_${stride}`, 2 * index + 1, points.flatMap((point) => [(point.x - x) / stride, (point.y - y) / stride]))
  }
}

function cell (box: Box, stride: number): { column: number, row: number, index: number } {
  const column = Math.floor((box.x + box.width / 2) / stride)
  const row = Math.floor((box.y + box.height / 2) / stride)
  return { column, row, index: row * (size.width / stride) + column }
}

for (const decoder of ['rfb', 'yunet', 'scrfd'] as const) {
  test(`${decoder}: faces encoded into its outputs are decoded again`, async (t) => {
    const expected = decoders[decoder].expectedOutputs(size)
    const outputs = expected.map(
      ({ role, rows, columns }) => ({ role, rows, columns, data: new Float32Array(rows * columns) })
    )
    for (const known of faces) {
      encoders[decoder]((role, row, values) => {
        const output = outputs.find((one) => one.role === role)
        assert.ok(output !== undefined && values.length === output.columns && row < output.rows)
        output.data.set(values, row * output.columns)
      }, known)
    }
    const graph = await openGraph(encodeModel({
      name: 'constants',
      inputs: [{ name: 'input', type: 'float32', dims: [1, 3, size.height, size.width] }],
      outputs: outputs.map(({ role, rows, columns }) => ({ name: role, type: 'float32', dims: [1, rows, columns] })),
      initializers: outputs.map(
        ({ role, rows, columns, data }) => ({ name: `${role} constant`, dims: [1, rows, columns], data })
      ),
      nodes: outputs.map(({ role }) => ({ op: 'Identity', inputs: [`${role} constant`], outputs: [role] }))
    }))
    t.after(() => graph.release())
    const detect = await openDetector({
      id: 'constants',
      kind: 'detector',
      title: 'constants',
      licence: 'none',
      source: 'this test',
      decoder,
      graph: {
        file: 'constants.onnx',
        sha256: '0'.repeat(64),
        input: 'input',
        outputs: expected.map(({ role }) => role)
      },
      input: { ...size, layout: 'NCHW', channels: 'RGB', mean: [0], std: [1] },
      scoreThreshold: 0.5,
      iouThreshold: 0.4
    }, graph)

    // A picture of twice the input's size: what is found must be scaled back.
    const found = await detect({
      width: 2 * size.width,
      height: 2 * size.height,
      data: new Uint8Array(4 * size.width * size.height * 3)
    })

    assert.equal(found.length, faces.length)
    for (const [i, { box, points, score }] of faces.entries()) {
      const detection = found[i]
      assert.ok(detection !== undefined)
      assert.ok(Math.abs(detection.score - score) < 1e-5)
      for (const member of ['x', 'y', 'width', 'height'] as const) {
        assert.ok(Math.abs(detection.box[member] - 2 * box[member]) < 1e-3)
      }
      assert.equal(detection.points !== null, decoders[decoder].givesPoints)
      for (const [k, point] of (detection.points ?? []).entries()) {
        assert.ok(
          Math.abs(point.x - 2 * (points[k]?.x ?? NaN)) < 1e-3 && Math.abs(point.y - 2 * (points[k]?.y ?? NaN)) < 1e-3
        )
      }
    }
  })
}
