import { vi } from 'vitest'

/** Waits until a check passes, as long as a busy machine may need. */
export async function eventually(check: () => void | Promise<void>): Promise<void> {
  await vi.waitFor(check, { timeout: 20_000, interval: 20 })
}
