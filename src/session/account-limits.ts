import type { AccountLimit, AccountNews } from '../socket/account-news.js'

/** How long a limit counts when WhatsApp did not say until when: a message that is refused begins it anew. */
const UNDATED_MS = 3_600_000

/** Where both are known, the first says more. */
const IN_ORDER: readonly AccountLimit[] = ['reachout_locked', 'message_capped']

/** A limit of the account that holds now. */
interface HeldLimit {
  readonly limit: AccountLimit
  /** When WhatsApp said that it ends; `null` when it did not. */
  readonly until: Date | null
  /** When it no longer counts. */
  readonly endsAt: Date
}

/** What the account of a session may not do. It outlives sockets: it is the account that is limited. */
export type AccountLimits = readonly HeldLimit[]

/** What is known with the news. */
export function afterNews(limits: AccountLimits, news: AccountNews, now: Date): AccountLimits {
  const others = limits.filter(({ limit }) => limit !== news.limit)
  if (!news.isActive) return others
  const known = limits.find(({ limit }) => limit === news.limit)
  // A refusal that says no date takes none away.
  const until = news.until ?? (known !== undefined && isHeld(known, now) ? known.until : null)
  return [...others, { limit: news.limit, until, endsAt: until ?? new Date(now.getTime() + UNDATED_MS) }]
}

/** Those that still hold, the one that says most first. */
export function heldNow(limits: AccountLimits, now: Date): AccountLimits {
  return IN_ORDER.flatMap((name) => limits.filter((held) => held.limit === name && isHeld(held, now)))
}

function isHeld({ endsAt }: HeldLimit, now: Date): boolean {
  return endsAt.getTime() > now.getTime()
}
