import { type Account, bet, openAccount } from './account.ts'

// Shares of blocks with a disagreement, from a little more than is tolerated to nearly all, and how much is staked on each.
const rates = [0.15, 0.2, 0.3, 0.45, 0.65, 0.85, 0.98]
const prior = rates.map(() => 1 / rates.length)
const patience = 50
const blockOf = 10

/** Pairs come in blocks of ten: one cause often makes several pairs in a row disagree, which a test by pairs would count as so many (37 % false alarms with runs of three). */
export type ShadowTest = {
  readonly account: Account
  readonly factors: { readonly agree: Float64Array; readonly disagree: Float64Array }
  pairs: number
  disagreeing: number
  inBlock: number
  blockDisagrees: boolean
}

/** `tolerated`: the share of pairs (over 0, below 1/10) that may disagree, as the gate saw them do. */
export function openShadowTest(tolerated: number): ShadowTest {
  const block = Math.min(0.99, tolerated * blockOf)
  const factors = {
    // An alternative that is no more than is tolerated bets on nothing.
    agree: Float64Array.from(rates, (rate) => (rate > block ? (1 - rate) / (1 - block) : 1)),
    disagree: Float64Array.from(rates, (rate) => (rate > block ? rate / block : 1)),
  }
  return { account: openAccount(prior, patience), factors, pairs: 0, disagreeing: 0, inBlock: 0, blockDisagrees: false }
}

/**
 * One pair. Where at most `tolerated` of the pairs disagree, a block of ten holds a disagreement with a probability of at most ten times that, however they fall within it
 * (Boole's inequality): the bets are on blocks (Waudby-Smith & Ramdas 2024, section 4, for a bounded mean).
 */
export function observePair(test: ShadowTest, disagrees: boolean): void {
  test.pairs += 1
  if (disagrees) test.disagreeing += 1
  test.blockDisagrees ||= disagrees
  test.inBlock += 1
  if (test.inBlock < blockOf) return
  bet(test.account, test.blockDisagrees ? test.factors.disagree : test.factors.agree)
  test.inBlock = 0
  test.blockDisagrees = false
}
