import { isObject, nameOf } from './read-answer.js'

/** Throws a TypeError for an argument that is no store: its first call would look like a store that fails. */
export function requireStore(name: string, argument: unknown): void {
  if (!isObject(argument)) throw new TypeError(`Argument "${name}" must be a session store, but is ${nameOf(argument)}.`)
  requireMethods(name, argument, ['list', 'records', 'read', 'write', 'delete'])
  requireMethods(name, argument['lock'], ['acquire', 'owner'], 'lock.')
}

function requireMethods(name: string, holder: unknown, methods: readonly string[], prefix = ''): void {
  const missing = methods.find((method) => !isObject(holder) || typeof holder[method] !== 'function')
  if (missing !== undefined) throw new TypeError(`Argument "${name}" must be a session store, but has no method "${prefix}${missing}".`)
}
