/** How long one call to a store may take: as long as a manager would wait by default. */
export const READ_TIMEOUT_MS = 15_000
