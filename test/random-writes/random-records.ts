import { CREDS_KEY, keyText, LIFECYCLE_KEY, type RecordChange, type RecordKey } from '../../src/store/session-store.js'
import type { SeededRandom } from '../support/seeded-random.js'

const TYPES = [
  'pre-key',
  'session',
  'sender-key',
  'sender-key-memory',
  'app-state-sync-key',
  'tctoken',
  'new-type',
  'new',
  'creds',
  'lifecycle',
  'Pre-Key',
  '.batch',
  '.lease',
  '~x',
  '',
]
const IDS = [
  '',
  '1',
  '2',
  '3.0',
  'a:b',
  'a-b',
  'a/b',
  'a__b',
  'a::b',
  'a--b',
  '..',
  'x'.repeat(300),
  'é',
  'e\u0301',
  '\0',
  'a\nb',
  'type-a-b',
  'b',
  '*',
  'A-B',
  'a-B',
  '.json',
  'CON',
  ' ',
  'names',
  '\ud800',
  '\udc00',
  'a\ud83d',
  '__proto__',
]

/** Ids that a folder can be named after, though some only just. */
export const SESSION_IDS: readonly [string, ...string[]] = [
  'shop',
  'shop-2',
  '.',
  '..',
  '../x',
  'a/b',
  'a%2Fb',
  'nul.json',
  '__proto__',
  'creds.json',
  '.baileys-sessions',
  ' a ',
  'é',
  '🦊',
  'a:b',
  '%',
  '*',
  '-rf',
]

const LARGE = 200_000

/** Records whose files are named as stock names them: those who write them at once share no table of names. */
export const PLAIN_KEYS: readonly (readonly RecordKey[])[] = [
  [
    { type: 'pre-key', id: '1' },
    { type: 'pre-key', id: '2' },
  ],
  [
    { type: 'session', id: '1.0' },
    { type: 'session', id: 'b' },
  ],
]

/** The keys that a history works with: few, so that they meet again. */
export function randomKeys(random: SeededRandom): RecordKey[] {
  const keys = Array.from({ length: 20 }, (): RecordKey => ({ type: TYPES[random.below(TYPES.length)] ?? '', id: IDS[random.below(IDS.length)] ?? '' }))
  return [...new Map([...keys, ...PLAIN_KEYS.flat(), CREDS_KEY, LIFECYCLE_KEY].map((key) => [keyText(key), key])).values()]
}

/** A value that no other change has, or nearly none at all. */
function randomValue(random: SeededRandom, mark: string): string | null {
  switch (random.below(20)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
      return null
    case 5:
      return ''
    case 6:
      return '\n'.repeat(random.below(3))
    case 7:
      return `${mark}\n"line"\r\n\\u0000 \u0000 \u2028\n`
    case 8:
      return random.below(3) === 0 ? mark.padEnd(LARGE, 'é"\n') : `🦊 ${mark}`
    default:
      return JSON.stringify({ mark })
  }
}

/** Changes of some of the keys, and of creds and the lifecycle record more often than of others. */
export function randomChanges(random: SeededRandom, keys: readonly RecordKey[], mark: string): RecordChange[] {
  const singles = [CREDS_KEY, LIFECYCLE_KEY]
  return changesOf(random, random.below(3) === 0 ? [...singles, ...singles, ...singles, ...keys] : keys, mark)
}

/** Changes of some of the keys; one may change twice. */
export function changesOf(random: SeededRandom, keys: readonly RecordKey[], mark: string): RecordChange[] {
  const count = random.below(5) < 2 ? 1 : random.below(7)
  return Array.from({ length: count }, (_, index) => {
    const { type, id } = keys[random.below(keys.length)] ?? CREDS_KEY
    return { type, id, value: randomValue(random, `${mark}.${index}`) }
  })
}
