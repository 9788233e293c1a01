// @ts-check
import { call } from './api.js'
import { byId, whenSubmitted } from './dom.js'
import { startEnrolling } from './enrolment.js'
import { startMigrating } from './migration.js'
import { showProblem } from './problem.js'
import { startSearching } from './search.js'

/** Brings to life what is on the page: which parts those are depends on the reader's key. */
const has = (/** @type {string} */ id) => document.getElementById(id) !== null

if (has('search-files')) startSearching()
if (has('enrol-files')) startEnrolling()
if (has('migrate-estimate')) startMigrating()
if (has('create-form')) {
  whenSubmitted(byId('create-form'), () => {
    call('POST', '/v1/galleries', {
      json: { name: byId('create-name').value },
      headers: { 'idempotency-key': crypto.randomUUID() }
    }).then(
      ({ id }) => window.location.assign(`/explorer/galleries/${encodeURIComponent(id)}`),
      error => byId('create-status').replaceChildren(showProblem(error))
    )
  })
}
