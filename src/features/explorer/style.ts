import { policyOf, style } from '../../platform/pages/style.js'

/** The style of the explorer: that of every page, and what only it has. */
export const explorerStyle = `${style}
header.bar form { margin-left: auto; display: flex; gap: .5rem; align-items: baseline; font-size: .875rem; }
.lead { max-width: 44rem; color: var(--muted); }
button, .button, select, input[type=password], input[type=text] { font: inherit; color: var(--ink); background: var(--paper); border: 1px solid var(--muted); border-radius: .3rem; padding: .3rem .7rem; }
button, .button, select { cursor: pointer; }
button:hover, .button:hover { background: var(--panel); }
button.primary { color: var(--paper); background: var(--series-1); border-color: var(--series-1); }
.button:has(:focus-visible) { outline: 2px solid var(--series-1); outline-offset: 2px; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
progress { width: 100%; height: .3rem; }
.sides { display: grid; grid-template-columns: 1fr 1fr; gap: 1.5rem; margin: 1.25rem 0; }
.sides > section { min-width: 0; }
.sides h2 { margin: 0 0 .5rem; padding: 0; border: 0; font-size: 1rem; }
.drop { display: grid; place-items: center; min-height: 15rem; border: 1px dashed var(--muted); border-radius: .4rem; background: var(--panel); overflow: hidden; text-align: center; }
.drop.folder { min-height: 5rem; }
.drop.over { border-color: var(--series-1); border-style: solid; }
.drop p { padding: 0 1rem; }
.view { position: relative; max-width: 100%; line-height: 0; }
.view p { line-height: 1.5; }
.view img { display: block; max-width: 100%; max-height: 22rem; }
.view .faces { position: absolute; inset: 0; width: 100%; height: 100%; }
.box { fill: transparent; stroke: #fff; stroke-width: 2; stroke-dasharray: 5 3; vector-effect: non-scaling-stroke; cursor: pointer; paint-order: stroke; }
.box.chosen { stroke: #2f8cff; stroke-width: 3; stroke-dasharray: none; }
.point { fill: #2f8cff; stroke: #fff; stroke-width: 1; vector-effect: non-scaling-stroke; }
.ways { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin: .6rem 0; }
.samples { display: flex; flex-wrap: wrap; gap: .35rem; margin: 0; padding: 0; list-style: none; }
.samples button { padding: 0; border: 1px solid var(--grid); overflow: hidden; line-height: 0; }
.samples img { width: 3rem; height: 3rem; }
.read { display: flex; gap: .75rem; align-items: start; margin-top: .5rem; }
.read p { margin: 0 0 .25rem; }
.read .crop { width: 4.5rem; height: 4.5rem; border-radius: .3rem; flex: none; }
.remark { color: var(--middling); }
.problem { padding: .6rem .9rem; border-left: .3rem solid var(--bad); background: var(--panel); overflow-wrap: anywhere; }
fieldset.rates { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; border: 0; padding: 0; margin: 1rem 0 .5rem; }
fieldset.rates legend { float: left; padding: 0; margin-right: 1rem; color: var(--muted); }
#answer .verdict p { margin: .15rem 0; }
.ruler { display: block; }
.ruler text { fill: var(--ink); font-size: 12px; font-variant-numeric: tabular-nums; }
.ruler text.threshold { fill: var(--muted); }
.ruler text.threshold.chosen { fill: var(--ink); font-weight: 600; }
.ruler line { stroke: var(--muted); }
.ruler line.threshold { stroke-dasharray: 3 3; }
.ruler line.threshold.chosen { stroke: var(--ink); }
.ruler .score-line { stroke: var(--series-1); stroke-width: 2; }
.ruler .score { fill: var(--series-1); stroke: var(--paper); stroke-width: 2; }
.ruler .area { fill-opacity: .18; stroke-width: 1.5; }
.ruler .strangers { fill: var(--series-2); stroke: var(--series-2); stroke-dasharray: 4 2; }
.ruler .same { fill: var(--series-3); stroke: var(--series-3); }
.legend .entry { display: inline-flex; align-items: center; gap: .4rem; margin-right: 1.25rem; }
.swatch { width: .8rem; height: .8rem; border-radius: .2rem; border: 1.5px solid; }
.swatch.score { border-radius: 50%; background: var(--series-1); border-color: var(--series-1); }
.swatch.strangers { border-color: var(--series-2); border-style: dashed; } .swatch.same { border-color: var(--series-3); }
table.pairs { width: auto; }
table.pairs th, table.pairs td { vertical-align: middle; text-align: center; }
table.pairs tbody th { text-align: left; }
table.pairs td { padding: .15rem; }
table.pairs td button { min-width: 5rem; border-color: var(--grid); font-variant-numeric: tabular-nums; color: inherit; }
table.pairs button[aria-current] { border-color: var(--ink); border-width: 2px; font-weight: 600; }
table.matrix { width: auto; table-layout: fixed; border-spacing: 2px; border-collapse: separate; }
table.matrix th, table.matrix td { border: 0; }
table.matrix thead th { text-align: center; }
table.matrix tbody th { vertical-align: middle; }
table.matrix td { min-width: 5rem; padding: 0; text-align: center; vertical-align: middle; border-radius: .2rem; }
table.matrix td a { display: block; padding: .45rem .3rem; color: var(--ink); text-decoration: none; }
table.matrix td a:hover { text-decoration: underline; }
table.matrix td.same { background: var(--panel); }
table.words th, table.words td { text-align: left; white-space: normal; }
.stack .entry { display: inline-flex; align-items: center; gap: .35rem; margin-right: 1rem; font-size: .85rem; }
.stack svg { display: block; width: 100%; min-width: 10rem; height: .7rem; border-radius: .2rem; }
.stack.large svg { height: 1.1rem; }
${
  [1, 2, 3, 4].map(k =>
    `.part-${k - 1} { fill: var(--series-${k}); background: var(--series-${k}); border-color: var(--series-${k}); }`
  ).join('\n')
}
ol.steps { display: flex; flex-wrap: wrap; gap: .5rem 2.25rem; padding-left: 1.25rem; }
ol.steps li { padding: 0 .25rem; color: var(--muted); }
ol.steps li[aria-current] { color: var(--ink); font-weight: 600; border-bottom: 2px solid var(--series-1); }
.curve { display: block; width: 15rem; }
.curve path { fill: none; stroke: var(--muted); stroke-dasharray: 3 3; }
.curve .gain { stroke: var(--series-1); stroke-width: 2; stroke-dasharray: none; }
meter { width: 6rem; vertical-align: middle; }
.changes button { padding: .1rem .5rem; font-size: .85rem; }
.graph svg { max-width: 30rem; margin: 0 auto; }
.graph text { fill: var(--ink); font-size: 12.5px; }
.node { fill: var(--paper); stroke: var(--ink); stroke-width: 2; }
.edge { fill: none; stroke: var(--muted); stroke-width: 1.8; }
.edge.usable { stroke: var(--good); } .edge.degraded { stroke: var(--middling); } .edge.unfit { stroke: var(--bad); }
.edge.composed { stroke-dasharray: 5 3; }
.arrow { fill: var(--muted); }
dialog { border: 1px solid var(--grid); border-radius: .5rem; background: var(--paper); color: var(--ink); max-width: min(90vw, 44rem); }
dialog video { width: 100%; background: #000; }
@media (max-width: 40rem) {
  .sides { grid-template-columns: 1fr; }
  .drop { min-height: 9rem; }
  table.pairs th { padding: .2rem; overflow-wrap: anywhere; }
  table.pairs td button { min-width: 0; padding: .35rem; }
  header.bar form { margin-left: 0; }
  dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .4rem; }
}
@media print {
    .view img { max-height: 5cm; }
  .ways button, .ways .button, .ways .note, .samples, .rates, details { display: none; }
  .sides { grid-template-columns: 1fr 1fr; margin: .3cm 0; }
  .drop { min-height: 0; border: 0; }
}
`

/** Scripts, pictures and calls of this service alone; pictures that the page itself made. No frame, no other form. */
export const explorerPolicy = policyOf(explorerStyle, [
  "script-src 'self'",
  "connect-src 'self'",
  "img-src 'self' blob: data:",
  "form-action 'self'"
])
