import { badRequest } from './problem.js'

/** A field of a query or a body; `undefined` if it is missing. Throws 400 if the source is not an object. */
export function fieldOf(source: unknown, name: string): unknown {
  if (source === undefined || source === null) return undefined
  if (typeof source !== 'object' || Array.isArray(source)) throw badRequest('The body must be a JSON object.')
  return Object.hasOwn(source, name) ? Reflect.get(source, name) : undefined
}

/** A required string field. */
export function textOf(source: unknown, name: string): string {
  const value = fieldOf(source, name)
  if (typeof value !== 'string' || value === '') throw badRequest(`The body must have a string "${name}".`)
  return value
}

/** The number of the phone to link. */
export function phoneNumberOf(source: unknown): string {
  const phoneNumber = textOf(source, 'phone_number')
  if (!/^[1-9]\d{6,14}$/u.test(phoneNumber.replaceAll(/[\s().+-]/gu, ''))) {
    throw badRequest('phone_number must be in international form: country code and number, 7 to 15 digits, such as "5511912345678".')
  }
  return phoneNumber
}
