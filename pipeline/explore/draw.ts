import { parse, type Spec, View } from 'vega'
import { expressionInterpreter } from 'vega-interpreter'
import { compile } from 'vega-lite'
import type { Chart } from './chart.ts'

/** How wide a drawing is that no page makes wider, in pixels. */
const width = 640

/** A chart's Vega, which needs no Vega-Lite any more. */
export const vegaOf = ({ spec }: Chart): Spec => compile(spec, { logger: silent }).spec

/** A chart as an SVG file: its signals are interpreted, and nothing of it is run as code. */
export async function svgOf({ spec }: Chart): Promise<string> {
  const { spec: vega } = compile({ ...spec, width, background: '#fff' } as Chart['spec'], { logger: silent })
  const view = new View(parse(vega, {}, { ast: true }), { renderer: 'none', expr: expressionInterpreter })
  try {
    return await view.toSVG()
  } finally {
    view.finalize()
  }
}

/** Vega-Lite says on the console what it drops; our tests look at what is drawn. */
const silent = {
  level: () => silent,
  error: () => silent,
  warn: () => silent,
  info: () => silent,
  debug: () => silent,
} as never
