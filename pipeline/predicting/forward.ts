import type { Network, Step } from './network.ts'

/**
 * Makes the forward pass of a network over rows of its inputs: → one number a row, on the link's scale. Sums are taken in float64 and kept as float32, between layers too,
 * as TensorFlow.js keeps them. An input that is 0, as most of a one-hot row and of what a rectifier leaves, costs nothing.
 */
export function createForward({ inputs, steps }: Network): (rows: readonly Float32Array[]) => Float32Array {
  const stages = steps.map(stageOf)
  // An activation works in place: not on the caller's rows.
  if (steps[0]?.kind === 'activation') stages.unshift((values) => values.slice())
  return (rows) => {
    const output = new Float32Array(rows.length)
    for (let at = 0; at < rows.length; at += 1) {
      let values = rows[at] as Float32Array
      if (values.length !== inputs) throw new Error(`the network takes ${inputs} features, got ${values.length}`)
      for (const stage of stages) values = stage(values)
      output[at] = values[0] as number
    }
    return output
  }
}

type Stage = (values: Float32Array) => Float32Array

function stageOf(step: Step): Stage {
  if (step.kind === 'dense') return denseStage(step)
  if (step.kind === 'affine') return affineStage(step)
  return (values) => {
    step.apply(values)
    return values
  }
}

function denseStage({ inputs, units, kernel, bias }: Extract<Step, { kind: 'dense' }>): Stage {
  const sums = new Float64Array(units)
  const output = new Float32Array(units)
  const present = new Int32Array(inputs)
  return (values) => {
    let count = 0
    for (let input = 0; input < inputs; input += 1) if (values[input] !== 0) present[count++] = input
    for (let unit = 0; unit < units; unit += 1) sums[unit] = bias[unit] as number
    let at = 0
    // Four inputs a pass: the sums are loaded and stored a quarter as often.
    for (; at + 4 <= count; at += 4) {
      const [i, j, k, l] = [present[at], present[at + 1], present[at + 2], present[at + 3]] as [
        number,
        number,
        number,
        number,
      ]
      const [a, b, c, d] = [values[i], values[j], values[k], values[l]] as [number, number, number, number]
      const [fromI, fromJ, fromK, fromL] = [i * units, j * units, k * units, l * units]
      for (let unit = 0; unit < units; unit += 1)
        sums[unit] =
          (sums[unit] as number) +
          a * (kernel[fromI + unit] as number) +
          b * (kernel[fromJ + unit] as number) +
          c * (kernel[fromK + unit] as number) +
          d * (kernel[fromL + unit] as number)
    }
    for (; at < count; at += 1) {
      const input = present[at] as number
      const value = values[input] as number
      const from = input * units
      for (let unit = 0; unit < units; unit += 1)
        sums[unit] = (sums[unit] as number) + value * (kernel[from + unit] as number)
    }
    for (let unit = 0; unit < units; unit += 1) output[unit] = sums[unit] as number
    return output
  }
}

function affineStage({ factor, offset }: Extract<Step, { kind: 'affine' }>): Stage {
  const output = new Float32Array(factor.length)
  return (values) => {
    for (let at = 0; at < factor.length; at += 1)
      output[at] = (values[at] as number) * (factor[at] as number) + (offset[at] as number)
    return output
  }
}
