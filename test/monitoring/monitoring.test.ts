import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { projectRoot } from '../../src/config.js'
import { catalogue } from '../../src/errors.js'
import { exampleGalleryId, examples } from '../../src/platform/http/documented-examples.js'
import { call, describeService } from '../support/service.js'

const read = (name: string) => readFileSync(join(projectRoot, 'monitoring', name), 'utf8')
const rules = [...read('alerts.yml').matchAll(/^ +expr: (.+)$/gm)].map(match => match[1]!)
const dashboard = JSON.parse(read('dashboard.json')) as {
  panels: { targets: { expr: string, legendFormat: string }[] }[]
}
const targets = dashboard.panels.flatMap(panel => panel.targets)

/** Functions, keywords and label lists are no metrics; every metric of ours has an underscore. */
function metricsOf (expression: string): { name: string, labels: string[] }[] {
  const grouped = [...expression.matchAll(/by \(([^)]*)\)/g)].flatMap(match => match[1]!.split(', '))
  const bare = expression.replace(/by \([^)]*\)/g, '')
  return [...bare.matchAll(/\b([a-z]+(?:_[a-z0-9]+)+)(?:\{([^}]*)\})?(?=[[{\s)]|$)/g)]
    .filter(([, name]) => name !== 'histogram_quantile')
    .map(([, name, matchers = '']) => ({
      name: name!,
      labels: [...grouped, ...[...matchers.matchAll(/(\w+)=/g)].map(match => match[1]!)]
    }))
}

describeService('alerts and the dashboard', running => {
  async function metrics (): Promise<Map<string, Set<string>>> {
    const text = (await call(running.url, 'GET', '/metrics')).bytes.toString()
    const found = new Map<string, Set<string>>()
    for (const [, name] of text.matchAll(/^# TYPE (\S+) /gm)) found.set(name!, new Set())
    for (const [, name, labels = ''] of text.matchAll(/^([a-z_0-9]+)(?:\{([^}]*)\})? /gm)) {
      const known = found.get(name!) ?? new Set()
      for (const [, label] of labels.matchAll(/(\w+)="/g)) known.add(label!)
      found.set(name!, known)
    }
    return found
  }

  test('name codes of problems that exist', () => {
    const named = [...rules, ...targets.map(({ expr }) => expr)].flatMap(expression =>
      [...expression.matchAll(/\bcode=~?"([^"]*)"/g)].flatMap(([, codes]) => codes!.split('|'))
    )
    assert.ok(named.length > 0)
    for (const code of named) assert.ok(code in catalogue, code)
  })

  test('ask for metrics and labels that a service in use has', async () => {
    const template = (model: string, vector: number[]) => ({ template: { model, vector } })
    const [probe, reference] = [template('example-a', [1, 2, 3, 4]), template('example-b', [1, 2, 3])]
    assert.equal((await call(running.url, 'POST', '/v1/verifications', { json: { probe, reference } })).status, 200)
    await call(running.url, 'POST', '/v1/translations', {
      json: { target: 'example-b', templates: [probe.template] }
    })
    assert.equal(
      (await call(running.url, 'POST', `/v1/galleries/${exampleGalleryId}/identifications`, {
        json: { probes: [probe.template], candidates: 1 }
      })).status,
      200
    )
    // Of models whose calibration has enough people for scores to be watched.
    const [r512, dlib128] = [512, 128].map((length, k) =>
      template(k === 0 ? 'r512' : 'dlib128', Array.from({ length }, (_, j) => Math.sin(j + 1)))
    )
    assert.equal(
      (await call(running.url, 'POST', '/v1/verifications', { json: { probe: r512, reference: dlib128 } })).status,
      200
    )
    const faceless = await call(running.url, 'POST', '/v1/embeddings', { json: { image: examples.face.slice(0, 400) } })
    assert.equal(faceless.status, 422)
    const found = await metrics()
    const text = (await call(running.url, 'GET', '/metrics')).bytes.toString()
    assert.match(
      text,
      /^crosswalk_decisions_total\{operation="verification",probe="example-a",reference="example-b",decision="\S+"\} 1$/m
    )
    assert.match(text, /^crosswalk_templates_translated_total\{source="example-a",target="example-b"\} 1$/m)
    assert.match(text, /^crosswalk_score_count\{probe="example-a",reference="example-b"\} 1$/m)
    assert.match(text, /^crosswalk_score_drift_evidence\{probe="r512",reference="dlib128"\} \S+$/m)
    assert.match(text, /^crosswalk_searches_total\{method="exact"\} [1-9]/m)
    assert.match(text, /^crosswalk_problems_total\{operation="embedImage",code="\S+"\} 1$/m)
    assert.match(text, /^crosswalk_build_info\{version="\S+",node="\S+"\} 1$/m)

    const expressions = [...rules, ...targets.map(({ expr }) => expr)]
    assert.ok(expressions.length > 30)
    for (const expression of expressions) {
      const used = metricsOf(expression)
      assert.ok(used.length > 0, expression)
      for (const { name, labels } of used) {
        const known = found.get(name)
        assert.ok(known !== undefined, `${expression}: no metric ${name}`)
        // Without a value there are no labels: of jobs that do not wait, of statuses that did not occur.
        if (known.size === 0) continue
        for (const label of labels) {
          assert.ok([...known, 'instance', 'le'].includes(label), `${expression}: ${label} of ${name}`)
        }
      }
    }
  })
})
