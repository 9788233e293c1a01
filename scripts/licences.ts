/** Writes docs/licences.md. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot } from '../src/config.js'
import { readModels, readPackages } from './supply/bill.js'
import { licencesPage } from './supply/licences.js'

await writeFile(join(projectRoot, 'docs', 'licences.md'), licencesPage(await readPackages(), await readModels()))
