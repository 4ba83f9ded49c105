import { rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { loginOf } from '../credentials.ts'
import { shownAsset } from '../shown/release.ts'
import { type Asset, nextId, now, type State } from '../state.ts'
import { measure, newFile, signedUrl } from '../storage.ts'
import { releaseOf } from './releases.ts'
import { type Call, found, invalid, notFound, paged, type Route, refuse } from './route.ts'

const assets = '/repos/{owner}/{repo}/releases/assets/{asset_id}'
const ofRelease = '/repos/{owner}/{repo}/releases/{release_id}/assets'
const [reads, writes] = [[['contents', 'read']] as const, [['contents', 'write']] as const]

/** The files of releases. They are uploaded to a host of their own, and downloaded from the storage. */
export const assetRoutes: readonly Route[] = [
  {
    operation: `GET ${ofRelease}`,
    needs: reads,
    answer(call) {
      const release = releaseOf(call.world.state, call.params['release_id'])
      const own = call.world.state.assets.filter(({ releaseId }) => releaseId === release?.id)
      return release ? paged(call, own, (asset) => shownAsset(call.world, asset)) : notFound
    },
  },
  {
    operation: `GET ${assets}`,
    needs: reads,
    answer({ world, params, headers }) {
      const asset = assetOf(world.state, params['asset_id'])
      if (!headers.accept?.includes('application/octet-stream')) return found(asset, (each) => shownAsset(world, each))
      if (asset?.state !== 'uploaded') return notFound
      asset.downloads += 1
      return { status: 302, headers: { location: signedUrl(world, asset.file, asset.name) } }
    },
  },
  {
    operation: `PATCH ${assets}`,
    needs: writes,
    answer({ world, params, body }) {
      const asset = assetOf(world.state, params['asset_id'])
      if (!asset) return notFound
      asset.name = body.name ?? asset.name
      asset.label = body.label ?? asset.label
      return { body: shownAsset(world, asset) }
    },
  },
  {
    operation: `DELETE ${assets}`,
    needs: writes,
    answer({ world: { state }, params }) {
      const asset = assetOf(state, params['asset_id'])
      if (!asset) return notFound
      if (releaseOf(state, String(asset.releaseId))?.immutable) return immutable
      state.assets.splice(state.assets.indexOf(asset), 1)
      rmSync(asset.file, { force: true })
      return { status: 204 }
    },
  },
  {
    operation: `POST ${ofRelease}`,
    needs: writes,
    async answer(call) {
      const { world, body } = call
      const release = releaseOf(world.state, call.params['release_id'])
      if (!release) return notFound
      if (release.immutable) return immutable
      if (!Buffer.isBuffer(body) || body.length === 0) return refuse(400, 'Bad Content-Length: 0')
      if (taken(call)) return invalid('ReleaseAsset', 'name', 'already_exists')
      const asset = begin(call)
      await writeFile(asset.file, body)
      Object.assign(asset, { state: 'uploaded', ...(await measure(asset.file)) })
      return { status: 201, body: shownAsset(world, asset) }
    },
    broken(call) {
      if (releaseOf(call.world.state, call.params['release_id']) && !taken(call)) begin(call)
    },
  },
]

/** GitHub's words (https://github.com/concourse/github-release-resource/issues/151). */
const immutable = refuse(422, 'Cannot upload assets to an immutable release.')

const assetOf = ({ assets: all }: State, id = '') => all.find((asset) => asset.id === Number(id))

/** GitHub replaces what it does not like in a name. */
const nameIn = ({ query }: Call) => (query['name'] ?? '').replace(/[^\w.+@-]+/g, '.').replace(/^\.+|\.+$/g, '')

const taken = (call: Call) =>
  call.world.state.assets.some(
    ({ releaseId, name }) => releaseId === Number(call.params['release_id']) && name === nameIn(call),
  )

function begin(call: Call): Asset {
  const { world, params, query, headers, who } = call
  const asset: Asset = {
    ...{ id: nextId(world.state), releaseId: Number(params['release_id']), uploader: loginOf(who), createdAt: now() },
    contentType: headers['content-type'] ?? 'application/octet-stream',
    file: newFile(world),
    name: nameIn(call),
    label: query['label'] ?? '',
    ...{ state: 'starter', size: 0, digest: null, downloads: 0 },
  }
  world.state.assets.push(asset)
  return asset
}
