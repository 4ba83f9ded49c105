import type { Asset, Release } from '../state.ts'
import type { World } from '../world.ts'
import { apiOf, pageOf } from './repository.ts'
import { nodeId, shownUser } from './user.ts'

/** `release` */
export function shownRelease(world: World, release: Release) {
  const { urls, state } = world
  const { id, tag, target, name, body, draft, prerelease, immutable, createdAt, publishedAt } = release
  const url = `${apiOf(world)}/releases/${id}`
  const assets = state.assets.filter(({ releaseId }) => releaseId === id)
  return {
    url,
    assets_url: `${url}/assets`,
    upload_url: `${urls.uploads}/repos/${state.repository}/releases/${id}/assets{?name,label}`,
    html_url: `${pageOf(world)}/releases/tag/${draft ? `untagged-${id}` : encodeURIComponent(tag)}`,
    id,
    node_id: nodeId('Release', id),
    author: shownUser(urls, release.author),
    tag_name: tag,
    target_commitish: target,
    name,
    body,
    ...{ draft, prerelease, immutable },
    created_at: createdAt,
    updated_at: createdAt,
    published_at: publishedAt,
    assets: assets.map((asset) => shownAsset(world, asset)),
    tarball_url: draft ? null : `${apiOf(world)}/tarball/${encodeURIComponent(tag)}`,
    zipball_url: draft ? null : `${apiOf(world)}/zipball/${encodeURIComponent(tag)}`,
  }
}

/** `release-asset` */
export function shownAsset(world: World, asset: Asset) {
  const { id, releaseId, name, label, state, contentType, size, digest, downloads, createdAt } = asset
  const tag = world.state.releases.find((release) => release.id === releaseId)?.tag ?? ''
  return {
    url: `${apiOf(world)}/releases/assets/${id}`,
    id,
    node_id: nodeId('ReleaseAsset', id),
    name,
    label,
    state,
    content_type: contentType,
    size,
    digest,
    download_count: downloads,
    created_at: createdAt,
    updated_at: createdAt,
    uploader: shownUser(world.urls, asset.uploader),
    browser_download_url: `${pageOf(world)}/releases/download/${encodeURIComponent(tag)}/${encodeURIComponent(name)}`,
  }
}
