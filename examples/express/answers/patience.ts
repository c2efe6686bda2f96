/** How long a request to connect waits for something to show, in milliseconds. Whatever takes longer comes by the events. */
export const SHOW_WITHIN_MS = 10_000

/** How long WhatsApp may take to confirm a logout, in milliseconds; a dial is part of it. */
export const LOGOUT_WITHIN_MS = 15_000
