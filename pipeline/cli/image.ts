import { describeImage } from './describe.ts'
import { contextOf, text, type Verb } from './verb.ts'

/** The verb `image`: a server with its model inside. */
export const imageVerb = {
  what: 'build the image of a server with its model inside',
  more: [
    'With Docker (DOCKER_HOST is honoured) or buildah. Nothing but the base image is fetched: packages are those installed here. The same inputs give the same layers.',
    'With --push it is in the registry afterwards, and is not built when the same model with the same server is there already. `docker login` or `buildah login` comes first.',
  ],
  options: {
    bundle: { type: 'string', value: 'folder', what: 'the model; `npm run train` names the folder of its bundle' },
    base: { type: 'string', value: 'image', what: 'with Node 24 on its path (default: what serve/Dockerfile names)' },
    tag: { type: 'string', value: 'name', what: 'default: the name of the model, and the beginning of its digest' },
    fingerprint: { type: 'string', value: 'sha256:…', what: 'of the training that made the model, for the label' },
    push: {
      type: 'boolean',
      what: 'to the registry in --tag <registry>/<name>:<tag>; answers with its digest there',
    },
    rebuild: { type: 'boolean', what: 'with --push: build also what the registry has' },
    sbom: { type: 'string', value: 'file', what: 'write there what is in the image (SPDX 2.3, JSON)' },
    context: { type: 'string', value: 'folder', what: 'only write there what the image would be built from' },
  },
  run: async (call) => {
    const { image } = await import('../steps/image.ts')
    const { accountFiles } = await import('../release/image/account.ts')
    const made = await image(await contextOf(call), {
      bundle: text(call, 'bundle', ''),
      base: text(call, 'base', ''),
      tag: text(call, 'tag', ''),
      modelFingerprint: text(call, 'fingerprint', ''),
      context: text(call, 'context', ''),
      sbom: text(call, 'sbom', ''),
      push: call.options['push'] === true,
      rebuild: call.options['rebuild'] === true,
      accounts: accountFiles(call.env),
    })
    return { code: 0, json: made, text: describeImage(made) }
  },
} as const satisfies Verb
