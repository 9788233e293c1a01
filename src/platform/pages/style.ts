import { createHash } from 'node:crypto'

const dark = `
  --paper: #15181c; --ink: #e4e7eb; --muted: #98a1ab; --grid: #2c323a; --panel: #1d2127;
  --series-1: #6cb0ff; --series-2: #ffa057; --series-3: #5fd38d; --series-4: #d79bff;
  --good: #5fd38d; --middling: #ffc353; --bad: #ff8077;
`

/** Ten shades of blue, each light enough for text on it. */
const heat = Array.from(
  { length: 11 },
  (_, k) => `.heat-${k} { background: color-mix(in srgb, var(--series-1) ${5 * k}%, var(--paper)); }`
).join('\n')

/** The style of every page: light by default and in print, dark where the reader's system is. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1c2127; --muted: #5c6670; --grid: #dfe3e8; --panel: #f5f7f9;
  --series-1: #0b62c4; --series-2: #b84a00; --series-3: #0a7a3c; --series-4: #8436b8;
  --good: #0a7a3c; --middling: #8a5a00; --bad: #b3261e;
}
@media screen and (prefers-color-scheme: dark) { :root {${dark}} }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 60rem; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
h1 { margin: 0 0 .25rem; font-size: 1.6rem; line-height: 1.25; overflow-wrap: anywhere; }
h2 { margin: 2.25rem 0 .5rem; padding-top: .5rem; border-top: 1px solid var(--grid); font-size: 1.2rem; }
h3 { margin: 1.25rem 0 .25rem; font-size: 1rem; }
p, ul { margin: .5rem 0; }
li, dd, td.text, tbody th { overflow-wrap: break-word; }
td { white-space: nowrap; }
td.text { min-width: 7rem; white-space: normal; }
tbody th { min-width: 4rem; max-width: 18rem; }
.note, figcaption, caption { color: var(--muted); font-size: .875rem; }
.verdict { padding: .75rem 1rem; border: 1px solid var(--grid); border-left: .4rem solid currentColor; background: var(--panel); }
.verdict > * { color: var(--ink); }
.verdict strong { font-size: 1.15rem; color: inherit; }
.usable { color: var(--good); } .degraded { color: var(--middling); } .unfit { color: var(--bad); }
.verdict > .note { color: var(--muted); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: .5rem 0; }
dt { color: var(--muted); }
dd { margin: 0; }
code { font: .875em ui-monospace, monospace; overflow-wrap: anywhere; }
pre { padding: .75rem; background: var(--panel); overflow-x: auto; font-size: .8rem; line-height: 1.45; }
.table { overflow-x: auto; margin: .5rem 0 1rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
caption { padding-bottom: .25rem; text-align: left; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--grid); text-align: right; vertical-align: top; }
th { font-weight: 600; }
th:first-child, td:first-child, .text { text-align: left; }
tbody th { font-weight: normal; }
.own th, .own td { font-weight: 600; background: var(--panel); }
.unsupported td { color: var(--muted); }
figure { margin: 1rem 0; }
figure svg { display: block; width: 100%; max-width: 44rem; height: auto; }
figure > svg.narrow { display: none; }
@media screen and (max-width: 40rem) { figure > svg.wide { display: none; } figure > svg.narrow { display: block; } }
.scale span { display: inline-block; margin-left: .15rem; padding: .1rem .45rem; color: var(--ink); border-radius: .2rem; }
${heat}
a { color: var(--series-1); }
:focus-visible { outline: 2px solid var(--series-1); outline-offset: 2px; }
header.bar { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 1.25rem; margin: -1.5rem 0 1.25rem; padding: .75rem 0; border-bottom: 1px solid var(--grid); }
header.bar .mark { display: inline-flex; align-items: center; gap: .5rem; color: inherit; font-weight: 600; text-decoration: none; }
header.bar .mark svg { width: 1.75rem; height: 1.75rem; }
header.bar nav { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; }
header.bar nav a { padding: .25rem 0; color: var(--ink); text-decoration: none; border-bottom: 2px solid transparent; }
header.bar nav a:hover { border-color: var(--grid); }
header.bar nav a[aria-current] { border-color: var(--series-1); }
.terms dt { font-weight: 600; color: var(--ink); }
details { margin: .5rem 0; }
summary { cursor: pointer; }
@media print {
  @page { margin: 1.5cm; }
  :root { color-scheme: light; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  h2, h3, h3 + p, caption { break-after: avoid; }
  figure, tr, .verdict { break-inside: avoid; }
  thead { display: table-header-group; }
  header.bar { display: none; }
  figure svg { max-width: 11cm; }
  table { font-size: 8pt; }
  th, td { padding: .2rem .3rem; }
  td.text { min-width: 0; }
  p:has(+ figure) { break-after: avoid; }
  .table { overflow: visible; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`

/**
 * A content security policy that allows one style by its hash, and nothing else that is not named.
 * @param allowed further directives, such as `script-src 'self'`
 */
export const policyOf = (style: string, allowed: readonly string[] = ["form-action 'none'"]): string =>
  [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
    ...allowed
  ].join('; ')

/**
 * The content security policy of a stored page: its own style and nothing else, no script, no address to load from or
 * send to.
 */
export const contentSecurityPolicy = policyOf(style)
