import { parseArgs } from 'node:util'
import { availablePostgresServer } from '../test/support/postgres-server.js'

/**
 * `npm run report:connect`: migrates tables of a real Postgres server in place, and prints what came of it.
 *
 *   --only table,people  sections: the rate and the kills, the people of a collection of photographs
 *   --rows N             of the table; 1,000,000
 *   --kills N            of the run; 20
 *   --targets A,B        models that people are migrated to, of the template data; mbf128,mfv2-256
 *
 * The server is that of TEST_DATABASE_URL, otherwise one that is started here. Where it has pgvector the table has a
 * column of vector(512), otherwise of real[].
 */
const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: 'table,people' },
    rows: { type: 'string', default: '1000000' },
    kills: { type: 'string', default: '20' },
    targets: { type: 'string', default: 'mbf128,mfv2-256' }
  }
})
const [rows, kills] = (['rows', 'kills'] as const).map(name => {
  if (!/^\d{1,8}$/.test(options[name])) throw new RangeError(`--${name}: expected a count, received ${options[name]}`)
  return Number(options[name])
}) as [number, number]
const only = options.only.split(',')
const server = await availablePostgresServer()
const print = (line: string) => console.log(line)
try {
  if (only.includes('table')) {
    await (await import('./report-connect/table.js')).reportTable({ server: server.url, rows, kills, print })
  }
  if (only.includes('people')) {
    await (await import('./report-connect/people.js')).reportPeople({
      server: server.url,
      targets: options.targets.split(','),
      print
    })
  }
} finally {
  await server.stop()
}
