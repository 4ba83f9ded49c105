/**
 * Looks elsewhere for the finished training with this fingerprint, and puts it into `folder`, which is empty: `training.json` and `bundle/…`. Nothing of it is believed
 * before it was checked. `from` says where it was found, and `vouched` whether a run may record it again as its own; `digest` is what it must have, where that is known.
 * `why` says, in a clause, why there is none that may be used.
 */
export type Recorded = (
  fingerprint: string,
  folder: string,
) => Promise<{ readonly from: string; readonly vouched: boolean; readonly digest?: string } | { readonly why: string }>

/** Keeps registered models for good, by digest. What it gives is checked by whoever asked. */
export type ModelStore = {
  /** How people know it. */
  readonly name: string
  /** Puts the training that made the digest into `folder`: `training.json` and `bundle/…`. False when it has none; throws InputError when it cannot be asked. */
  readonly fetch: (digest: string, folder: string) => Promise<boolean>
  /**
   * Keeps the finished training in `folder` with its model card and datasheet (Markdown), once for each digest, and returns the address; `created` is false where it was there already.
   * Throws InputError when it cannot.
   */
  readonly keep: (model: {
    readonly digest: string
    readonly folder: string
    readonly card: string
    readonly datasheet: string
  }) => Promise<{ readonly url: string; readonly created: boolean }>
}
