/** An element of SVG with these attributes. */
export function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name)
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value)
  made.append(...children)
  return made
}

/** A number as people read it: as many digits as tell something. */
export const shown = (value) =>
  Number(value).toLocaleString('en', {
    maximumFractionDigits: Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0,
  })

/** A bar from the middle: to the right what adds, to the left what takes away. */
export function contributionBar(value, most) {
  const width = most > 0 ? (Math.abs(value) / most) * 50 : 0
  return svg(
    'svg',
    { viewBox: '0 0 100 12', preserveAspectRatio: 'none', height: '12', 'aria-hidden': 'true' },
    svg('line', { class: 'axis', x1: 50, x2: 50, y1: 0, y2: 12, 'vector-effect': 'non-scaling-stroke' }),
    svg('rect', { class: value < 0 ? 'bar down' : 'bar up', x: value < 0 ? 50 - width : 50, y: 1, width, height: 10 }),
  )
}

/** A curve through points [x, y], with `here` marked. */
export function curve(chart, points, here, title) {
  const [width, height, left, bottom] = [480, 220, 48, 24]
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)]
  const [low, high] = [Math.min(...xs), Math.max(...xs)]
  const top = Math.max(...ys) * 1.08 || 1
  const floor = Math.min(0, ...ys)
  const at = ([x, y]) => [
    left + ((x - low) / (high - low || 1)) * (width - left - 8),
    height - bottom - ((y - floor) / (top - floor)) * (height - bottom - 8),
  ]
  const [atX, atY] = at(here)
  chart.setAttribute('viewBox', `0 0 ${width} ${height}`)
  chart.setAttribute('aria-label', title)
  chart.replaceChildren(
    svg('line', { class: 'axis', x1: left, x2: width - 8, y1: height - bottom, y2: height - bottom }),
    svg('text', { x: left, y: height - 6 }, shown(low)),
    svg('text', { x: width - 8, y: height - 6, 'text-anchor': 'end' }, shown(high)),
    svg('text', { x: left - 6, y: height - bottom, 'text-anchor': 'end' }, shown(floor)),
    svg('text', { x: left - 6, y: 16, 'text-anchor': 'end' }, shown(top)),
    svg('path', { class: 'line', d: `M${points.map((point) => at(point).map((part) => part.toFixed(1))).join('L')}` }),
    svg('circle', { class: 'dot', cx: atX, cy: atY, r: 6 }),
  )
}

/** Shares as bars, with the share that each would have if all were as expected. */
export function bars(chart, shares, expected, title) {
  const [width, height, bottom] = [480, 160, 20]
  const most = Math.max(expected * 1.5, ...shares)
  const step = width / shares.length
  const y = (share) => height - bottom - (share / most) * (height - bottom - 8)
  chart.setAttribute('viewBox', `0 0 ${width} ${height}`)
  chart.setAttribute('aria-label', title)
  chart.replaceChildren(
    ...shares.map((share, at) =>
      svg('rect', { class: 'bar', x: at * step + 1, width: step - 2, y: y(share), height: height - bottom - y(share) }),
    ),
    svg('line', { class: 'expected', x1: 0, x2: width, y1: y(expected), y2: y(expected) }),
    svg('text', { x: 0, y: height - 4 }, 'lowest predictions'),
    svg('text', { x: width, y: height - 4, 'text-anchor': 'end' }, 'highest'),
  )
}
