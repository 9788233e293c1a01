// @ts-check

/**
 * @typedef {{ file: string, model: string }} Side
 * @typedef {{ address: string, keys: boolean, probe: Side, reference: Side, fmr: number }} Comparison
 */

/** A text as one word of a POSIX shell. @param {string} text */
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`

/** A name of a file that no program takes for an option. @param {string} name */
const path = (name) => name.startsWith('-') ? `./${name}` : name

const text = (/** @type {unknown} */ value) => JSON.stringify(value)

/** @param {Comparison} comparison */
export const asCurl = ({ address, keys, probe, reference, fmr }) =>
  `probe=$(base64 < ${quoted(path(probe.file))} | tr -d '\\n')
reference=$(base64 < ${quoted(path(reference.file))} | tr -d '\\n')
curl -s ${address}/v1/verifications -H 'Content-Type: application/json' \\
  ${keys ? '-H "Authorization: Bearer $KEY" ' : ''}--data-binary @- <<END
{"probe": {"image": "$probe", "model": ${text(probe.model)}},
 "reference": {"image": "$reference", "model": ${text(reference.model)}}, "fmr": ${fmr}}
END`

/** @param {Comparison} comparison */
export const asTypeScript = ({ address, keys, probe, reference, fmr }) =>
  `import { readFile } from 'node:fs/promises'

const side = async (file: string, model: string) => ({ image: (await readFile(file)).toString('base64'), model })
const response = await fetch(${text(`${address}/v1/verifications`)}, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json'${keys ? ", Authorization: 'Bearer ' + process.env.KEY" : ''} },
  body: JSON.stringify({
    probe: await side(${text(probe.file)}, ${text(probe.model)}),
    reference: await side(${text(reference.file)}, ${text(reference.model)}),
    fmr: ${fmr}
  })
})
console.log(await response.json())`

/** @param {Comparison} comparison */
export const asPython = ({ address, keys, probe, reference, fmr }) =>
  `import base64, json, ${keys ? 'os, ' : ''}urllib.request

def side(file, model):
    with open(file, "rb") as image:
        return {"image": base64.b64encode(image.read()).decode(), "model": model}

request = urllib.request.Request(
    ${text(`${address}/v1/verifications`)},
    json.dumps({
        "probe": side(${text(probe.file)}, ${text(probe.model)}),
        "reference": side(${text(reference.file)}, ${text(reference.model)}),
        "fmr": ${fmr},
    }).encode(),
    {"Content-Type": "application/json"${keys ? ', "Authorization": f"Bearer {os.environ[\'KEY\']}"' : ''}},
)
print(json.load(urllib.request.urlopen(request)))`
