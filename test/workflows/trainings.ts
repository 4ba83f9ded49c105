import { type Change, smallModel } from '../../pipeline/demo/changes.ts'

/** So many epochs: each number gives a model of its own, and more of them a better one: 12 than 5 by more than the gate tolerates. */
export const epochs = (count: number): Change => ({
  file: 'params.yaml',
  from: /\n {2}epochs: \d+/,
  to: `\n  epochs: ${count}`,
})

/** The verdict takes back one good release in a hundred thousand, not in a hundred: what a test promotes must not hang on a draw. */
const sure: Change = {
  file: 'environments/base/environment.yaml',
  from: /alpha_percent: 1 /,
  to: 'alpha_percent: 0.001 ',
}

/** The model that the demo begins with. */
export const small: readonly Change[] = [...smallModel, sure]

/** A first model, trained in a second, that beats the baselines and is easily bettered. */
export const tiny: readonly Change[] = [...small, epochs(4)]

/** A line more in the README, which no step reads. */
export const readme = (line: string): Change => ({ file: 'README.md', from: /$/, to: `\n${line}\n` })
