/** How long a connect request waits for something to show, in milliseconds. Anything later comes as an event. */
export const SHOW_WITHIN_MS = 10_000

/** How long WhatsApp may take to confirm a logout, in milliseconds, including a dial. */
export const LOGOUT_WITHIN_MS = 15_000
