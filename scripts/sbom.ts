/** Prints what the service is made of, packages and models, as CycloneDX: `npm run --silent sbom > sbom.json`. */
import { billOfMaterials } from './supply/bill.js'

console.log(JSON.stringify(await billOfMaterials(), null, 2))
