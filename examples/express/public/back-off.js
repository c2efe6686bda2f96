const FIRST_DELAY_MS = 1000
const LONGEST_DELAY_MS = 30_000

/**
 * How long to wait before the next attempt: twice as long each time, with some randomness, so that the pages of a restarted
 * server do not all come back at once.
 * @param {number} failures how many attempts in a row failed, from 1 @param {() => number} [random]
 */
export function backOffMs(failures, random = Math.random) {
  const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1))
  return Math.round(longest * (0.5 + random() / 2))
}
