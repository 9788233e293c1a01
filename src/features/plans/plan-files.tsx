import type { JSX } from 'preact'
import { renderToString } from 'preact-render-to-string'
import { nameOf, refusalOf } from '../../science/cards/migration-decision.js'
import { Document } from '../../platform/pages/document.js'
import { Facts, Section, Table } from '../../platform/pages/elements.js'
import { count } from '../../platform/pages/format.js'
import type { Plan } from './plan.js'

/** The decision in a line. */
function headlineOf ({ decision: { migrate, option }, source, target }: Plan): string {
  if (migrate) return `migrate from ${source} to ${target} by ${nameOf(option)}`
  return `don't migrate from ${source} to ${target}`
}

const columns = ['option', 'FNIR', 'TMR', '95 % interval', 'loss of TMR', '95 % interval', ''] as const

/** A row for each option, under `columns`. */
function rowsOf ({ options, decision, policy }: Plan): string[][] {
  return options.map(figures => rowOf(figures))

  function rowOf (figures: Plan['options'][number]): string[] {
    const { option, fnir, tmr, interval, loss } = figures
    return [
      nameOf(option),
      rate(fnir),
      rate(tmr),
      `${rate(interval.lower)} to ${rate(interval.upper)}`,
      option === 'nothing' ? '' : rate(loss.tmr),
      option === 'nothing' ? '' : `${rate(loss.lower)} to ${rate(loss.upper)}`,
      placeOf(figures)
    ]
  }

  function placeOf (figures: Plan['options'][number]): string {
    const { option, open } = figures
    if (option === decision.option) return decision.migrate || option === 'nothing' ? 'chosen' : 'loses least'
    if (!open) return 'not open'
    return refusalOf(figures, policy) === undefined ? '' : 'refused'
  }
}

/** @returns lines of text */
export function planText (plan: Plan, table: (rows: readonly (readonly string[])[]) => string): string {
  return [
    headlineOf(plan),
    ...plan.decision.reasons.map(reason => `  ${reason}`),
    '',
    table([columns.map(name => name.toUpperCase()), ...rowsOf(plan)]),
    '',
    basis(plan),
    ...notesOf(plan)
  ].join('\n')
}

/** What the figures do not say. */
function notesOf ({ newModel, policy, reEnrolled: { share, references }, reEnrol }: Plan): string[] {
  return [
    `the new model with itself finds ${rate(newModel.tmr)} at FMR ${policy.fmr}: what re-enrolling everybody comes to`,
    `re-enrolling the worst ${percent(share)} takes a photograph of each of those references, ${
      count(references)
    } of the pairs; ${
      reEnrol === null
        ? 'it is not open without --re-enrol'
        : '--re-enrol says that they exist, which templates cannot tell'
    }`
  ]
}

const percent = (share: number) => `${Number((100 * share).toPrecision(4))} %`

const basis = ({ policy, people, matedPeople, pairs, nonMatedComparisons }: Plan) =>
  `at FMR ${policy.fmr}, by cross-fitting over ${count(people)} people, ${
    count(matedPeople)
  } of them with several of ` +
  `${count(pairs)} images; ${count(nonMatedComparisons)} comparisons of two people`

/** A self-contained page. @returns an HTML document */
export function planPage (plan: Plan): string {
  return '<!DOCTYPE html>' + renderToString(<PlanPage plan={plan} />)
}

function PlanPage ({ plan }: { plan: Plan }): JSX.Element {
  const { policy, decision, source, target, seed, pairsHash, reEnrol } = plan
  const title = headlineOf(plan)
  return (
    <Document title={title} places={[]}>
      <h1>{title}</h1>
      {decision.reasons.map(reason => <p key={reason}>{reason}.</p>)}
      <Facts
        facts={[
          ['Gallery', source],
          ['New model', target],
          ['Policy', `loses at most ${policy.maxTmrLoss} of the TMR at FMR ${policy.fmr}`],
          ['Old model', policy.oldModelStays ? 'can go on making probes' : 'goes'],
          ['Re-enrolment', reEnrol === null ? 'nobody' : `the worst ${percent(reEnrol)}`]
        ]}
      />
      <Section title='Options'>
        <Table
          caption={`What every option finds, ${basis(plan)}`}
          columns={columns}
          rows={rowsOf(plan).map(cells => ({ cells, kind: cells.at(-1) === 'chosen' ? 'own' : undefined }))}
          text={[6]}
        />
        {notesOf(plan).map(note => <p class='note' key={note}>{`${note}.`}</p>)}
        <p class='note'>
          Every option has the threshold of its own comparisons. The loss is against the old model with itself, on the
          same people. Pairs <code>{pairsHash}</code>, seed {seed}.
        </p>
      </Section>
    </Document>
  )
}

/** JUnit: one case that fails when the decision is not to migrate, and one for each option. */
export function planJunit (plan: Plan): string {
  const { decision: { migrate, reasons }, options, source, target, policy } = plan
  const cases = options.map(figures => {
    const skipped = figures.open ? refusalOf(figures, policy) : 'not open'
    return testcase(
      `${nameOf(figures.option)}: TMR ${rate(figures.tmr)}`,
      skipped === undefined ? '' : `<skipped message="${escaped(skipped)}"/>`
    )
  })
  const failure = migrate
    ? ''
    : `<failure message="${escaped(headlineOf(plan))}">${escaped(reasons.join('\n'))}</failure>`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="crosswalk plan" tests="${cases.length + 1}" failures="${migrate ? 0 : 1}" errors="0" skipped="${
      cases.filter(one => one.includes('<skipped')).length
    }">`,
    testcase(`${source} to ${target}`, failure),
    ...cases,
    '</testsuite>',
    ''
  ].join('\n')
}

const testcase = (name: string, content: string) =>
  `  <testcase classname="crosswalk.plan" name="${escaped(name)}">${content}</testcase>`

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

const rate = (value: number) => value.toFixed(4)
