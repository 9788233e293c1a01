import { openDatabase } from '../../../src/platform/database/open-database.js'
import { StartupError } from '../../../src/errors.js'

/*
 * A process that the tests of the data directory start, and kill. It opens the folder, says `open` or why not, and,
 * when told to write, acknowledges every committed row on a line of its own.
 */
const [folder, order] = process.argv.slice(2)
if (folder === undefined) throw new Error('expected a folder')

try {
  const database = await openDatabase({ dataDir: folder })
  console.log('open')
  if (order === 'write') {
    await database.query('CREATE TABLE acknowledged (i integer PRIMARY KEY, payload bytea)')
    for (let i = 0;; i++) {
      await database.transaction((session) =>
        session.query('INSERT INTO acknowledged VALUES ($1, $2)', [i, Buffer.alloc(2048, i)])
      )
      console.log(`wrote ${i}`)
    }
  }
  setInterval(() => {}, 1000)
} catch (error) {
  if (!(error instanceof StartupError)) throw error
  console.log(`refused: ${error.message}`)
}
