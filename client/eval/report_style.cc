#include "client/eval/report_style.h"

namespace sextant {

const char kReportStyle[] = R"css(
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1c2229; --soft: #56616d; --rule: #d5dae0; --band: #f3f5f8;
  --accent: #b3410b; --point: #2b62a8; --grid: #e6e9ed;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181d; --ink: #e7eaee; --soft: #a3adb8; --rule: #38414b; --band: #1d232a;
    --accent: #ff9b5e; --point: #83b4f3; --grid: #272e36;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.25rem 1rem 3rem; max-width: 76rem; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
h1 { margin: 0 0 .25rem; font-size: 1.6rem; line-height: 1.25; overflow-wrap: anywhere; }
h2 { margin: 2.5rem 0 .5rem; font-size: 1.2rem; }
p { margin: .5rem 0; max-width: 48rem; }
.soft { color: var(--soft); }
.notice { border-left: 4px solid var(--accent); background: var(--band); padding: .5rem .9rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: .75rem 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .92em; }
dd code { white-space: nowrap; }
a { color: var(--point); }
.headline { margin: .75rem 0; padding-left: 1.2rem; max-width: 60rem; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1rem 2rem; }
figure { margin: 0; }
.key { margin: 0; padding: 0; color: var(--soft); font-size: .875rem; }
.key li { display: inline-block; margin-right: .75rem; }
figcaption { font-weight: 600; }
svg { display: block; width: 100%; height: auto; font: 11px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
svg text { fill: var(--soft); }
svg .label { fill: var(--ink); paint-order: stroke; stroke: var(--paper); stroke-width: 3px; stroke-linejoin: round; }
svg .label.emphasised { fill: var(--accent); font-weight: 700; }
svg .grid { stroke: var(--grid); }
svg .axis { stroke: var(--soft); }
svg .error { stroke: var(--soft); stroke-opacity: .55; }
svg .leader { stroke: var(--soft); stroke-width: .8; }
svg .front-line { stroke: var(--point); stroke-width: 1.6; stroke-dasharray: 5 3; }
svg .point { fill: var(--paper); stroke: var(--point); stroke-width: 1.8; }
svg .point.front { fill: var(--point); }
svg .point.emphasised { stroke: var(--accent); }
svg .point.emphasised.front { fill: var(--accent); }
.scroll { overflow-x: auto; margin: 1rem 0; }
.scroll:focus-visible { outline: 2px solid var(--point); outline-offset: 2px; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: .25rem 0; white-space: nowrap; }
th, td { padding: .3rem .55rem; border-bottom: 1px solid var(--rule); vertical-align: top; }
th:first-child, td:first-child { padding-left: .3rem; }
thead th { color: var(--soft); font-weight: 600; vertical-align: bottom; border-bottom-width: 2px; max-width: 9rem; }
th { text-align: left; font-weight: 500; }
th.number, td.number { text-align: right; }
td.number, td.text, tbody th { white-space: nowrap; }
tr:has(+ .note) > * { border-bottom: 0; }
.note td { padding-top: 0; color: var(--soft); }
.note div { position: sticky; left: .3rem; max-width: min(60rem, 100vw - 3rem); }
tr.emphasised { background: var(--band); }
tr.emphasised th { color: var(--accent); font-weight: 700; }
.interval { display: block; color: var(--soft); font-size: .8125rem; }
/* On a phone the name of a row stays in sight while its figures scroll. */
@media (max-width: 40rem) {
  tbody th {
    position: sticky; left: 0; min-width: 7.5rem; max-width: 9rem; background: var(--paper);
    font-size: .8125rem; white-space: normal; overflow-wrap: anywhere;
  }
  tr.emphasised th { background: var(--band); }
}
summary { cursor: pointer; }
@media print { .scroll { overflow: visible; } }
)css";

}  // namespace sextant
