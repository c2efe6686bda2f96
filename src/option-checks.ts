import { LONGEST_TIMER_MS } from './async/deadline.js'

/** A duration in milliseconds, as a timer can take it. */
export function requireDuration(name: string, value: number, least = 0): number {
  return requireRange(name, value, least, LONGEST_TIMER_MS)
}

/** A whole number; `Infinity` where `most` allows it. */
export function requireCount(name: string, value: number, least: number, most: number = Number.MAX_SAFE_INTEGER): number {
  requireRange(name, value, least, most)
  if (value !== Infinity && !Number.isInteger(value)) throw new RangeError(`Option "${name}" must be a whole number, but is ${value}.`)
  return value
}

/** A factor of at least 1. */
export function requireFactor(name: string, value: number): number {
  return requireRange(name, value, 1, Number.MAX_VALUE)
}

/** One of a few words. */
export function requireOneOf<Word extends string>(name: string, value: Word, words: readonly Word[]): Word {
  if (!words.includes(value)) throw new RangeError(`Option "${name}" must be one of ${words.join(', ')}, but is ${show(value)}.`)
  return value
}

/** An object. */
export function requireObject(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || value instanceof Promise) throw new TypeError(`Option "${name}" must be an object, but is ${show(value)}.`)
}

/** An object that can be saved as JSON. */
export function requirePlainJson(name: string, value: object): void {
  requireObject(name, value)
  refuseWhatIsNoJson(name, value, [], [])
}

function refuseWhatIsNoJson(name: string, value: unknown, path: readonly string[], holders: readonly unknown[]): void {
  const refuse = (what: string): never => {
    throw new TypeError(`Option "${name}" must be plain JSON, but "${path.join('.')}" ${what}.`)
  }
  if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint') refuse(`is a ${typeof value}`)
  // What makes its own JSON, as a date does, is asked for it when it is saved.
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return
  if (holders.includes(value)) refuse('holds itself')
  for (const [key, member] of Object.entries(value)) refuseWhatIsNoJson(name, member, [...path, key], [...holders, value])
}

/**
 * Options: an object with no other names than these. Whoever writes in TypeScript is told by the compiler; anybody else would wonder why an option
 * with a slip of the pen in its name changes nothing. `path` is what the names are shown with, such as `retry`.
 */
export function requireOptions(path: string, value: object, known: readonly string[]): void {
  requireObject(path === '' ? 'options' : path, value)
  for (const [name, option] of Object.entries(value)) {
    if (option === undefined || known.includes(name)) continue
    const prefix = path === '' ? '' : `${path}.`
    throw new TypeError(`Option "${prefix}${name}" is unknown. Did you mean "${prefix}${nearestName(name, known)}"?`)
  }
}

/** The known name that takes the fewest changes of a letter to get to; upper and lower case are the same letter. */
export function nearestName(name: string, known: readonly string[]): string {
  const distances = known.map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
  return distances.reduce((best, next) => (next.distance < best.distance ? next : best)).candidate
}

/** An object with these methods. */
export function requireMethods<Method extends string>(name: string, value: Readonly<Record<Method, unknown>>, methods: readonly Method[]): void {
  requireObject(name, value)
  for (const method of methods) requireFunction(`${name}.${method}`, value[method])
}

/** Yes or no. */
export function requireBoolean(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw new TypeError(`Option "${name}" must be true or false, but is ${show(value)}.`)
  return value
}

/** An object whose values are texts. */
export function requireTexts<Texts extends object>(name: string, value: Texts): Texts {
  for (const [key, text] of Object.entries(value)) {
    if (text !== undefined && typeof text !== 'string') throw new TypeError(`Option "${name}.${key}" must be a string, but is ${show(text)}.`)
  }
  return value
}

/** A language tag. Throws `RangeError` for any other text. */
export function requireLocale(name: string, value: unknown): void {
  try {
    if (typeof value === 'string' && Intl.getCanonicalLocales(value).length > 0) return
  } catch {
    // Told below.
  }
  throw new RangeError(`Option "${name}" must be a language tag such as pt-BR, but is ${show(value)}.`)
}

/** A function; `expected` says what else may be there. */
export function requireFunction(name: string, value: unknown, expected = 'a function'): void {
  if (typeof value !== 'function') throw new TypeError(`Option "${name}" must be ${expected}, but is ${show(value)}.`)
}

/** Functions, where they are given. */
export function requireCallbacks(callbacks: Readonly<Record<string, unknown>>): void {
  for (const [name, callback] of Object.entries(callbacks)) if (callback !== undefined) requireFunction(name, callback)
}

/** A signal, where one is given. */
export function requireSignal(signal: AbortSignal | undefined): void {
  if (signal !== undefined) requireMethods('signal', signal, ['throwIfAborted', 'addEventListener', 'removeEventListener'])
}

function requireRange(name: string, value: unknown, least: number, most: number): number {
  if (typeof value !== 'number') throw new TypeError(`Option "${name}" must be a number, but is ${show(value)}.`)
  if (Number.isNaN(value) || value < least || value > most) {
    throw new RangeError(`Option "${name}" must be at least ${least}${most < Number.MAX_SAFE_INTEGER ? ` and at most ${most}` : ''}, but is ${value}.`)
  }
  return value
}

/** A text that was given in the place of something else may be a whole file. */
const LONGEST_SHOWN = 100

function show(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'string') return JSON.stringify(value.length > LONGEST_SHOWN ? `${value.slice(0, LONGEST_SHOWN)}...` : value)
  if (typeof value !== 'object' || value === null) return String(value)
  return value instanceof Promise ? 'a promise' : 'an object'
}

/** How many letters have to be added, removed or replaced (Levenshtein). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [index, letter] of Array.from(from).entries()) {
    const next = [index + 1]
    for (const [column, other] of Array.from(to).entries()) {
      const replaced = (row[column] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
