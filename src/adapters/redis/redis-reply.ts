/** A text of a reply; `null` for anything else. */
export function toText(reply: unknown): string | null {
  if (typeof reply === 'string') return reply
  if (reply instanceof Uint8Array) return new TextDecoder('utf-8', { ignoreBOM: true }).decode(reply)
  return typeof reply === 'number' || typeof reply === 'bigint' ? String(reply) : null
}

/** The texts of a reply that is a list, or a map, which is a list with the newer protocol. What is no text is left out. */
export function toTexts(reply: unknown): string[] {
  return toList(reply)
    .map(toText)
    .filter((text) => text !== null)
}

/** The members of a reply that is a list, or a map. */
export function toList(reply: unknown): unknown[] {
  if (Array.isArray(reply)) return reply
  if (reply instanceof Map) return [...reply].flat()
  return typeof reply === 'object' && reply !== null ? Object.entries(reply).flat() : []
}

/** The members of a set, each once, page by page as `next` gets them from a cursor. */
export async function* listMembers(next: (cursor: string) => Promise<unknown>): AsyncIterable<string> {
  const told = new Set<string>()
  let cursor = '0'
  do {
    const [following, members] = toList(await next(cursor))
    cursor = toText(following) ?? '0'
    // While the set is being moved about, some come twice.
    for (const member of toTexts(members).filter((text) => !told.has(text))) {
      told.add(member)
      yield member
    }
  } while (cursor !== '0')
}
