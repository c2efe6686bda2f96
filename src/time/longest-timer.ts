/** `setTimeout` fires at once above this, about 24.8 days. */
export const LONGEST_TIMER_MS: number = 2 ** 31 - 1
