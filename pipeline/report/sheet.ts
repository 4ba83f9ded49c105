/** The HTML report's style sheet: colours as variables, light by default, dark where the reader's system is. */
export const sheet = `
:root { color-scheme: light dark; --paper: #fff; --wash: #f6f8fa; --ink: #1f2328; --faint: #59636e; --rule: #d1d9e0; --good: #1a7f37; --bad: #cf222e; --unsure: #9a6700; }
@media (prefers-color-scheme: dark) { :root { --paper: #0d1117; --wash: #161b22; --ink: #e6edf3; --faint: #9198a1; --rule: #30363d; --good: #3fb950; --bad: #f85149; --unsure: #d29922; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', sans-serif; overflow-wrap: anywhere; }
main { max-width: 54rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
header { border-bottom: 1px solid var(--rule); margin-bottom: 1.5rem; }
.title { margin: 0; color: var(--faint); }
h1 { display: flex; gap: .6rem; margin: .25rem 0 1.25rem; font-size: 1.6rem; line-height: 1.3; }
h1 svg { flex: none; width: 1.25em; height: 1.25em; }
h1.good { color: var(--good); } h1.bad { color: var(--bad); } h1.unsure { color: var(--unsure); }
h2 { margin: 2.25rem 0 .75rem; font-size: 1.2rem; }
p, ul { margin: .75rem 0; } ul { padding-left: 1.25rem; } li { margin: .4rem 0; }
code { padding: .1em .35em; border-radius: 4px; background: var(--wash); font: .875em ui-monospace, 'SF Mono', Menlo, 'Liberation Mono', monospace; }
td:not(.number) code { overflow-wrap: anywhere; }
.wide { margin: 1rem 0; overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .925rem; overflow-wrap: normal; }
caption { padding: 0 0 .5rem; color: var(--faint); text-align: left; }
th, td { padding: .45rem .75rem .45rem 0; border-bottom: 1px solid var(--rule); text-align: left; vertical-align: top; }
thead th { border-bottom-width: 2px; color: var(--faint); font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 600; } tbody th code { white-space: nowrap; }
.number { text-align: right; white-space: nowrap; } .number:last-child { padding-right: 0; }
td:not(.number) { min-width: 8rem; }
figure { margin: 1.5rem 0; overflow-x: auto; } figure svg { display: block; width: 100%; min-width: 34rem; height: auto; border: 1px solid var(--rule); border-radius: 8px; }
details { margin: 1rem 0; padding: .6rem 1rem; border: 1px solid var(--rule); border-radius: 8px; background: var(--paper); }
summary { cursor: pointer; font-weight: 600; }
:focus-visible { outline: 2px solid #0969da; outline-offset: 2px; }
@media print { details { break-inside: avoid; } }
`
