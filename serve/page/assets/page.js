import { bars, contributionBar, curve, shown } from './charts.js'

const find = (selector) => document.querySelector(selector)
const form = find('#record')
const unit = document.body.dataset.unit
const steps = 33
let key = sessionStorage.getItem('key') ?? ''
let last

/** Asks the server as who is signed in; throws what it refuses with. */
async function ask(path, body) {
  const answer = await fetch(path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  const told = await answer.json()
  if (answer.ok) return told
  throw Object.assign(new Error(told.detail), { status: answer.status, errors: told.errors ?? [] })
}

const inputs = () => [...form.elements].filter((element) => element.name)

function readValue({ dataset: { kind }, value, checked, type }) {
  if (kind === 'choice') return JSON.parse(value)
  if (kind === 'boolean') return type === 'checkbox' ? checked : value === 'true'
  // What is no number is sent as it is: the server says what it wants there.
  if (kind === 'number') return value.trim() === '' || Number.isNaN(Number(value)) ? value : Number(value)
  if (kind === 'list')
    return value
      .split(/[\s,;]+/)
      .filter(Boolean)
      .map((one) => (Number.isNaN(Number(one)) ? one : Number(one)))
  if (kind === 'json') return parsed(value)
  return value
}

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const recordOf = () => Object.fromEntries(inputs().map((input) => [input.name, readValue(input)]))

function alarm(text) {
  find('#alert').textContent = text
  find('#alert').hidden = text === ''
}

function showErrors(errors) {
  for (const input of inputs()) {
    const mine = errors.filter(({ field }) => field.replace(/^records\.\d+\.?/, '').split('.')[0] === input.name)
    input.setAttribute('aria-invalid', String(mine.length > 0))
    find(`#${CSS.escape(`${input.id}-wrong`)}`).textContent = mine.map(({ message }) => message).join('; ')
  }
  inputs()
    .find((input) => input.getAttribute('aria-invalid') === 'true')
    ?.focus()
}

function told(error) {
  if (error.status === 401) return 'That key is not known here. Sign in with another.'
  return error.errors?.length > 0 ? `The record was refused: ${error.message}` : error.message
}

const cell = (text, number = false) => {
  const made = document.createElement('td')
  made.textContent = text
  if (number) made.className = 'number'
  return made
}

const row = (...cells) => {
  const made = document.createElement('tr')
  made.append(...cells)
  return made
}

const labelOf = (name) => {
  const label = form.querySelector(`label[for="${CSS.escape(`field-${name}`)}"]`)
  return label ? label.firstChild.textContent.trim() || label.textContent.trim() : name
}

async function predict() {
  const record = recordOf()
  const {
    predictions,
    digest,
    explanations,
    prediction_ids: ids,
  } = await ask('/v1/predict?explain=true', { records: [record] })
  const figure = find('#prediction')
  const small = document.createElement('small')
  small.textContent = ` ${unit}`
  figure.replaceChildren(shown(predictions[0]), small)
  find('#about').textContent = `by ${digest.slice(0, 19)}${ids ? `, recorded as ${ids[0]}` : ''}`
  last = { record, prediction: predictions[0] }
  explain(explanations[0])
  await Promise.all([whatIf(), lookAround()])
}

function explain({ baseline, contributions }) {
  const sorted = Object.entries(contributions).sort(([, a], [, b]) => Math.abs(b) - Math.abs(a))
  const most = Math.abs(sorted[0]?.[1] ?? 0)
  find('#baseline').textContent =
    `Without knowing anything of the record: ${shown(baseline)} ${unit}. Then each field adds (Shapley values, sampled):`
  find('#why tbody').replaceChildren(
    ...sorted.map(([name, value]) => {
      const bar = document.createElement('td')
      bar.append(contributionBar(value, most))
      return row(cell(labelOf(name)), cell(`${value > 0 ? '+' : ''}${shown(value)}`, true), bar)
    }),
  )
  find('#why').hidden = false
}

async function whatIf() {
  if (!last || find('#varied').options.length === 0) return
  const name = find('#varied').value
  const { dataset, step } = form.elements.namedItem(name)
  const [low, high] = [Number(dataset.low), Number(dataset.high)]
  const values = Array.from({ length: steps }, (_, at) => low + ((high - low) * at) / (steps - 1))
  const allowed = [...new Set(step === '1' ? values.map(Math.round) : values)]
  const { predictions } = await ask('/v1/predict', {
    records: allowed.map((value) => ({ ...last.record, [name]: value })),
  })
  const points = allowed.map((value, at) => [value, predictions[at]])
  const [least, most] = [Math.min(...predictions), Math.max(...predictions)]
  const text = `${labelOf(name)} from ${shown(low)} to ${shown(high)}, all else as above: ${shown(least)} to ${shown(most)} ${unit}.`
  curve(find('#curve'), points, [last.record[name], last.prediction], text)
  find('#curve-told').textContent = text
  find('#what-if').hidden = false
}

/** What only some keys may see: it stays away where it is refused. */
async function lookAround() {
  await Promise.allSettled([recent(), rollout(), card(), seen()])
}

async function recent() {
  const { records } = await ask('/v1/audit')
  find('#recent tbody').replaceChildren(
    ...records.map(({ at, entity, output, status, key: who, arm, ms }) =>
      row(
        cell(at.slice(0, 19).replace('T', ' ')),
        cell(entity ?? ''),
        cell(status === undefined ? shown(output) : `refused: ${status}`, true),
        cell(who ?? ''),
        cell(arm),
        cell(shown(ms), true),
      ),
    ),
  )
  find('#recent').hidden = records.length === 0
}

async function rollout() {
  const { stable, canary, weight, counts, verdict } = await ask('/v1/rollout')
  const arms = [
    ['stable', stable, 1 - weight],
    ['canary', canary, weight],
  ].filter(([, digest]) => digest)
  find('#rollout tbody').replaceChildren(
    ...arms.map(([arm, digest, share]) =>
      row(
        cell(arm),
        cell(digest.slice(0, 19)),
        cell(`${shown(share * 100)} %`, true),
        cell(shown(counts[arm].requests), true),
        cell(shown(counts[arm].errors), true),
      ),
    ),
  )
  find('#rollout p').textContent = canary
    ? `A rollout is under way. ${verdict ? `So far: ${verdict}.` : ''}`
    : 'No rollout now.'
  find('#rollout').hidden = arms.length === 0
}

async function card() {
  const { markdown } = await ask('/v1/card')
  if (!markdown) return
  const text = document.createElement('pre')
  text.textContent = markdown
  const details = document.createElement('details')
  const summary = document.createElement('summary')
  summary.textContent = 'The whole model card, with its figures'
  details.append(summary, text)
  find('#card').replaceChildren(details)
  find('#card').hidden = false
}

async function seen() {
  const text = await (await fetch('/metrics')).text()
  const below = [...text.matchAll(/^mergeline_predictions_bucket\{.*?\} (\d+)$/gm)].map(([, count]) => Number(count))
  const all = below.at(-1) ?? 0
  if (all === 0) return
  const shares = below.map((count, at) => (count - (below[at - 1] ?? 0)) / all)
  const title = `${shown(all)} predictions of this server, in bins that its reference predictions fill equally (the dashed line).`
  bars(find('#bins'), shares, 1 / shares.length, title)
  find('#bins-told').textContent = title
  find('#seen').hidden = false
}

/** Does what was asked for; what is wrong with it is shown, and nothing else changes. */
async function attempt(work) {
  alarm('')
  showErrors([])
  try {
    await work()
  } catch (error) {
    alarm(told(error))
    showErrors(error.errors ?? [])
  }
}

async function signIn() {
  const { status } = await fetch('/health', { headers: { authorization: `Bearer ${key}` } })
  const known = status === 200 || status === 403
  if (known) sessionStorage.setItem('key', key)
  else key = ''
  find('#signed').textContent = known ? (status === 403 ? 'Signed in; this key may not read.' : 'Signed in.') : ''
  for (const element of [find('#key'), find('label[for="key"]'), find('#sign-in [type="submit"]')])
    element.hidden = known
  find('#sign-out').hidden = !known
  if (!known) throw Object.assign(new Error(), { status: 401 })
  await lookAround()
}

for (const input of inputs().filter(({ dataset }) => dataset.kind === 'number' && dataset.low !== undefined))
  find('#varied').append(new Option(labelOf(input.name), input.name))

find('#sign-in').addEventListener('submit', (event) => {
  event.preventDefault()
  key = find('#key').value
  find('#key').value = ''
  attempt(signIn)
})
find('#sign-out').addEventListener('click', () => {
  sessionStorage.removeItem('key')
  location.reload()
})
form.addEventListener('submit', (event) => {
  event.preventDefault()
  if (key === '') {
    alarm('Sign in with an API key first.')
    return find('#key').focus()
  }
  attempt(predict)
})
find('#varied').addEventListener('change', () => attempt(whatIf))
if (key !== '') attempt(signIn)
setInterval(() => key !== '' && !document.hidden && rollout().catch(() => {}), 5000)
