/** What the exploration's page adds to the report's style sheet. */
export const pageSheet = `
main { max-width: 76rem; }
h1 { display: block; color: var(--ink); }
h3 { margin: 0; font-size: 1.05rem; display: inline; }
nav ul { display: flex; flex-wrap: wrap; gap: .3rem 1rem; padding: 0; list-style: none; } nav li { margin: 0; }
a { color: #0969da; } @media (prefers-color-scheme: dark) { a { color: #4493f8; } }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); gap: 1rem 1.75rem; align-items: start; }
.field > .grid { margin-top: .75rem; }
figure { margin: 0; overflow: visible; min-width: 0; } figure svg { min-width: 0; width: auto; border: 0; border-radius: 0; }
figcaption { margin-bottom: .4rem; font-size: .925rem; } figcaption span { display: block; color: var(--faint); font-size: .85rem; }
.drawing { width: 100%; min-height: 4rem; touch-action: pan-y; }
figure details { margin: .25rem 0 0; padding: 0; border: 0; font-size: .85rem; } figure summary { color: var(--faint); font-weight: 400; }
figure .wide { max-height: 18rem; overflow: auto; margin: .25rem 0; } figure td:not(.number) { min-width: 0; }
.field > summary .facts { font-weight: 400; color: var(--faint); font-size: .875rem; margin-left: .5rem; }
#tip { position: fixed; z-index: 9; pointer-events: none; max-width: min(22rem, 90vw); padding: .4rem .6rem; border: 1px solid var(--rule); border-radius: 6px; background: var(--paper); color: var(--ink); font-size: .8rem; box-shadow: 0 2px 8px rgb(0 0 0 / .25); overflow-wrap: anywhere; }
#tip span { color: var(--faint); margin-right: .5rem; }
@media (max-width: 40rem) { main { padding: 1rem .75rem 3rem; } details.field { padding: .5rem .6rem; } }
@media print { .field, figure { break-inside: avoid; } figure details { display: none; } }
`
