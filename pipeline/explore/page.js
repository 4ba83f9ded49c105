/* Draws the charts of an exploration once they come into sight. `vega` and `interpreter` are inlined before this. Signals are interpreted: nothing here is made from text and run. */
const charts = JSON.parse(document.getElementById('charts').textContent)
const dark = matchMedia('(prefers-color-scheme: dark)')
const tip = document.getElementById('tip')
const drawn = new Map()

const theme = () => {
  const style = getComputedStyle(document.documentElement)
  const [ink, faint, rule] = ['--ink', '--faint', '--rule'].map((name) => style.getPropertyValue(name).trim())
  const font = 'system-ui, sans-serif'
  return {
    background: null,
    axis: {
      labelColor: faint,
      titleColor: faint,
      gridColor: rule,
      domainColor: faint,
      tickColor: rule,
      labelFont: font,
      titleFont: font,
      titleFontWeight: 400,
      titleFontSize: 12,
      labelFontSize: 11,
    },
    legend: { labelColor: faint, titleColor: faint, labelFont: font, titleFont: font, titleFontWeight: 400 },
    title: { color: ink, font },
  }
}

/** The chart's own tooltip: its texts come from the data, and stay texts. */
const tell = (_, event, __, value) => {
  tip.replaceChildren()
  tip.hidden = value === null || typeof value !== 'object'
  if (tip.hidden) return
  for (const [name, text] of Object.entries(value)) {
    const line = document.createElement('div')
    const label = document.createElement('span')
    label.textContent = name
    line.append(label, String(text))
    tip.append(line)
  }
  const { clientX: x, clientY: y } = event
  tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - tip.offsetWidth - 8))}px`
  tip.style.top = `${y + 18 + tip.offsetHeight > innerHeight ? Math.max(4, y - tip.offsetHeight - 12) : y + 18}px`
}

const draw = (element) => {
  drawn.get(element)?.finalize()
  const spec = vega.parse(charts[element.id], theme(), { ast: true })
  const view = new vega.View(spec, {
    renderer: 'svg',
    container: element,
    hover: true,
    expr: interpreter,
    tooltip: tell,
  })
  drawn.set(element, view)
  view.runAsync().then(
    () => element.setAttribute('data-drawn', ''),
    (error) => reportError(error),
  )
}

const sight = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting || drawn.has(target)) continue
      sight.unobserve(target)
      draw(target)
    }
  },
  { rootMargin: '300px' },
)
const all = [...document.querySelectorAll('.drawing')]
for (const element of all) sight.observe(element)
dark.addEventListener('change', () => {
  for (const element of drawn.keys()) draw(element)
})
addEventListener('beforeprint', () => {
  for (const element of all) if (!drawn.has(element)) draw(element)
})
addEventListener('scroll', () => (tip.hidden = true), { passive: true })
