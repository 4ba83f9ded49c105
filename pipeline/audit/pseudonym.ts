import { createHmac } from 'node:crypto'

/** A private value as the audit log tells it: the same for the same value within an environment, and no way back for who has not the salt. */
export type Pseudonym = (value: unknown) => string

/**
 * Makes pseudonyms of an environment: the first 128 bits of HMAC-SHA-256 (RFC 2104) of the value's JSON under the environment's salt. A plain hash would not do: names,
 * birthdays and postcodes are few enough to try them all. Who throws the salt away has made the log anonymous.
 */
export function createPseudonyms(salt: string): Pseudonym {
  return (value) => {
    const digest = createHmac('sha256', salt)
      .update(JSON.stringify(value) ?? 'null')
      .digest('hex')
    return `private:${digest.slice(0, 32)}`
  }
}

/** What a log tells in place of a private value that is left out. */
export const leftOut: Pseudonym = () => '(private)'
