import { card } from '../../pipeline/task/card.ts'
import { target } from '../../pipeline/task/record.ts'
import { seenUntil } from '../../pipeline/tracking/manifest.ts'
import { versionOf } from '../model.ts'
import type { Serving } from '../serving.ts'
import { formOf } from './form.ts'
import { escaped } from './html.ts'

/** The page of a server: what needs no key is in it, the rest it asks for with the key of who signs in. It tells nothing that `/openapi.json` does not. */
export function pageOf({ bundle, model, environment, records }: Serving): string {
  const { digest, manifest, golden } = bundle
  const { from } = manifest.window
  const until = seenUntil(manifest)
  const unit: string = manifest.target === target.name ? target.unit : ''
  const list = (lines: readonly string[]) => lines.map((line) => `<li>${escaped(line)}</li>`).join('')
  const background = golden.map(({ record }) => record)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(model.name)}: predictions of ${escaped(manifest.target)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page/page.css">
<script type="module" src="/page/page.js"></script>
</head>
<body data-digest="${escaped(digest)}" data-unit="${escaped(unit)}">
<a class="skip" href="#predict">To the form</a>
<header>
<div><h1>${escaped(model.name)}</h1>
<p>${escaped(environment)} · version ${escaped(versionOf(model, digest))} · <code title="${escaped(digest)}">${escaped(digest.slice(0, 19))}</code></p></div>
<form id="sign-in" autocomplete="on"><label for="key">API key</label>
<input id="key" name="key" type="password" autocomplete="current-password" required>
<button type="submit">Sign in</button><button type="button" id="sign-out" hidden>Sign out</button>
<p id="signed" role="status"></p></form>
</header>
<noscript><p class="alert">This page asks the server by script; <a href="/docs">the API</a> needs none.</p></noscript>
<p id="alert" class="alert" role="alert" hidden></p>
<main>
<section id="predict" aria-labelledby="h-predict"><h2 id="h-predict">Predict</h2>
<form id="record" novalidate>
${formOf(records, background)}
<button type="submit" class="main">Predict</button>
</form></section>
<div class="column">
<section id="answer" aria-labelledby="h-answer" aria-live="polite"><h2 id="h-answer">Prediction</h2>
<p id="prediction" class="figure">–</p><p id="about" class="told">Sign in, then predict.</p>
<div id="why" hidden><h3>Why</h3><p class="told" id="baseline"></p><table><thead><tr><th scope="col">Field</th><th scope="col" class="number">adds</th><th scope="col"><span class="hidden">as a bar</span></th></tr></thead><tbody></tbody></table></div></section>
<section id="what-if" aria-labelledby="h-what-if" hidden><h2 id="h-what-if">What if</h2>
<p><label for="varied">Vary</label> <select id="varied"></select></p><figure><svg id="curve" role="img"></svg><figcaption class="told" id="curve-told"></figcaption></figure></section>
</div>
<section id="model" aria-labelledby="h-model"><h2 id="h-model">Model</h2>
<p>Predicts ${unit === 'probability' ? 'the probability of ' : ''}<b>${escaped(manifest.target)}</b>${unit && unit !== 'probability' ? ` in ${escaped(unit)}` : ''}, learnt from records of ${escaped(from)} to ${escaped(until)}.</p>
<h3>Meant for</h3><ul>${list(card.intendedUse)}</ul><h3>Limits</h3><ul>${list(card.limits)}</ul>
<div id="card" hidden></div></section>
<section id="seen" aria-labelledby="h-seen" hidden><h2 id="h-seen">Predictions so far</h2>
<figure><svg id="bins" role="img"></svg><figcaption class="told" id="bins-told"></figcaption></figure></section>
<section id="rollout" aria-labelledby="h-rollout" hidden><h2 id="h-rollout">Rollout</h2><div class="wide"><table><thead><tr><th scope="col">Arm</th><th scope="col">Model</th><th scope="col" class="number">Share</th><th scope="col" class="number">Requests</th><th scope="col" class="number">Errors</th></tr></thead><tbody></tbody></table></div><p class="told"></p></section>
<section id="recent" aria-labelledby="h-recent" hidden><h2 id="h-recent">Recent requests</h2>
<div class="wide" tabindex="0" role="region" aria-labelledby="h-recent"><table><thead><tr><th scope="col">Time</th><th scope="col">Of</th><th scope="col" class="number">Prediction</th><th scope="col">Key</th><th scope="col">Arm</th><th scope="col" class="number">ms</th></tr></thead><tbody></tbody></table></div></section>
</main>
</body>
</html>
`
}
