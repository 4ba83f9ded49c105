import { auditVerb } from './audit.ts'
import { deployVerb } from './deploy.ts'
import {
  describeGate,
  describeRegistered,
  describeStatus,
  describeTraining,
  describeVerifiedReleases,
} from './describe.ts'
import { exploreVerb } from './explore.ts'
import { exportVerb } from './export.ts'
import { historyVerb } from './history.ts'
import { imageVerb } from './image.ts'
import { liftVerb } from './lift.ts'
import { predictVerb } from './predict.ts'
import { promoteVerb } from './promote.ts'
import { replayVerb } from './replay.ts'
import { rollbackVerb } from './rollback.ts'
import { searchVerb } from './search.ts'
import { validateDataVerb } from './validate-data.ts'
import { contextOf, type Verb } from './verb.ts'
import { withdrawVerb } from './withdraw.ts'

// Steps are imported when their verb is called: `--help` and a wrong option need not wait for TensorFlow.js.

/** Every verb of the command line, in the order in which a model meets them. */
export const verbs = {
  'validate-data': validateDataVerb,
  explore: exploreVerb,
  train: {
    what: 'train the model that the tree describes, or reuse the training that did',
    more: [
      'A training with the same fingerprint (data, params.yaml section train, code, locked packages, Node, architecture), on this machine or in MLflow, is reused: 0 epochs.',
      'Without MLFLOW_TRACKING_URI an MLflow server is started for this folder; `npm run stop` ends it.',
    ],
    options: {},
    run: async (call) => {
      const { train } = await import('../steps/train.ts')
      const training = await train(await contextOf(call))
      return { code: 0, json: training, text: describeTraining(training) }
    },
  },
  search: searchVerb,
  'evaluate-gate': {
    what: 'judge the trained model against production’s and the baselines, on records that none has seen',
    more: [
      'Writes the report to .mergeline/report.md and .mergeline/report.html. Pass and unchanged exit with 0, fail and inconclusive with 1.',
    ],
    options: {},
    run: async (call) => {
      const { evaluateGate } = await import('../steps/evaluate-gate.ts')
      const judged = await evaluateGate(await contextOf(call))
      const passed = judged.gate.result === 'pass' || judged.gate.result === 'unchanged'
      return { code: passed ? 0 : 1, json: judged, text: describeGate(judged, call.terminal.paint) }
    },
  },
  register: {
    what: 'register the trained model, once the gate has passed it',
    more: ['One model version a digest, however often this is run. Model card and datasheet lie beside the bundle.'],
    options: {},
    run: async (call) => {
      const { register } = await import('../steps/register.ts')
      const registered = await register(await contextOf(call))
      return {
        code: 0,
        json: registered,
        text: describeRegistered(registered),
      }
    },
  },
  predict: predictVerb,
  export: exportVerb,
  image: imageVerb,
  deploy: deployVerb,
  replay: replayVerb,
  status: {
    what: 'show what every environment should run and what it runs',
    more: ['Should: what Git says (the branch releases). Runs: what is found on this machine.'],
    options: {},
    run: async (call) => {
      const { status } = await import('../release/status.ts')
      const found = await status(call.root)
      return { code: 0, json: found, text: describeStatus(found) }
    },
  },
  history: historyVerb,
  verify: {
    what: 'ask Git, the registry, bundles and servers what runs, and tell who is wrong',
    more: [
      'Each is asked by itself: Git for what was promoted, MLflow for its versions and aliases, the bundle for what its bytes hash to, servers and gateways of this machine for the digest they answer with.',
      'Exits with 1 where somebody is wrong.',
    ],
    options: {},
    run: async (call) => {
      const { verify } = await import('../steps/verify.ts')
      const found = await verify(await contextOf(call))
      const code = found.some(({ wrong }) => wrong.length > 0) ? 1 : 0
      return { code, json: found, text: describeVerifiedReleases(found, call.terminal.paint) }
    },
  },
  promote: promoteVerb,
  rollback: rollbackVerb,
  withdraw: withdrawVerb,
  lift: liftVerb,
  audit: auditVerb,
  stop: {
    what: 'stop all that Mergeline started for this folder: servers, gateways, MLflow, demos that were killed',
    more: ['Nothing is lost: the next deploy starts what Git names.'],
    options: {},
    run: async (call) => {
      const { stop } = await import('../steps/stop.ts')
      const { sweepScratches } = await import('../demo/sweep.ts')
      const swept = await sweepScratches()
      const stopped = [...(await stop(call.root)), ...swept.map((home) => `the demo in ${home}`)]
      return {
        code: 0,
        json: { stopped },
        text: stopped.length > 0 ? `stopped: ${stopped.join(', ')}` : 'nothing was running',
      }
    },
  },
  demo: {
    what: 'see one model’s way from a pull request to production, and a bad one’s way back (2 minutes)',
    more: ['Works in a scratch clone with its own origin, never in your tree.'],
    options: {
      keep: { type: 'boolean', what: 'leave MLflow, gateways and servers running, and print their addresses' },
    },
    run: async (call) => {
      const { demo } = await import('../demo/demo.ts')
      const { told, text } = await demo({ ...call, keep: call.options['keep'] === true })
      return { code: 0, json: told, text }
    },
  },
} as const satisfies { readonly [name: string]: Verb }

export function isVerb(name: string): name is keyof typeof verbs {
  return Object.hasOwn(verbs, name)
}
