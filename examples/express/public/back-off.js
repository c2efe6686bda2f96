const FIRST_DELAY_MS = 1000
const LONGEST_DELAY_MS = 30_000

/**
 * How long to wait before the next attempt: twice as long each time, and never quite the same, so that not all pages of a restarted
 * server come back in one moment.
 * @param {number} failures how many attempts in a row failed, from 1 @param {() => number} [random]
 */
export function backOffMs(failures, random = Math.random) {
  const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1))
  return Math.round(longest * (0.5 + random() / 2))
}
