import { RedisProblem } from './redis-failure.js'

/** A text of a reply; `null` for anything else. */
export function toText(reply: unknown): string | null {
  if (typeof reply === 'string') return reply
  if (reply instanceof Uint8Array) return new TextDecoder('utf-8', { ignoreBOM: true }).decode(reply)
  return typeof reply === 'number' || typeof reply === 'bigint' ? String(reply) : null
}

/** The texts of a reply that is a list, or a map, which is a list with the older protocol. Throws for any other. */
export function toTexts(reply: unknown): string[] {
  return toList(reply).map((member) => {
    const text = toText(member)
    if (text === null) throw unexpected()
    return text
  })
}

/** The members of a reply that is a list, or a map; so many, where that is known. Throws for any other: it says nothing of what is there. */
export function toList(reply: unknown, length?: number): unknown[] {
  const members = membersOf(reply)
  if (length !== undefined && members.length !== length) throw unexpected()
  return members
}

function membersOf(reply: unknown): unknown[] {
  if (Array.isArray(reply)) return reply
  if (reply instanceof Map) return [...reply].flat()
  if (typeof reply !== 'object' || reply === null || reply instanceof Uint8Array) throw unexpected()
  return Object.entries(reply).flat()
}

/** The cursor that comes next, and the members of a page. */
export function toPage(reply: unknown): { cursor: string; members: string[] } {
  const [cursor, members] = toList(reply, 2)
  const text = toText(cursor)
  if (text === null) throw unexpected()
  return { cursor: text, members: toTexts(members) }
}

function unexpected(): RedisProblem {
  return new RedisProblem('It answered with something else than was asked for. Check that the client is connected to Redis or Valkey.')
}

/** The members of a set, each once, page by page as `next` gets them from a cursor. */
export async function* listMembers(next: (cursor: string) => Promise<{ cursor: string; members: string[] }>): AsyncIterable<string> {
  const told = new Set<string>()
  let cursor = '0'
  do {
    const page = await next(cursor)
    cursor = page.cursor
    // While the set is being moved about, some come twice.
    for (const member of page.members.filter((text) => !told.has(text))) {
      told.add(member)
      yield member
    }
  } while (cursor !== '0')
}
