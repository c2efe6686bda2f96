/** What moves the cursor, hides text or turns its direction: control and format characters, line separators, half characters. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu
/** The same, without what `JSON.stringify` escapes itself or writes between the fields. */
const UNSAFE_IN_JSON = /[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/gu

/** A text that can do nothing to a terminal, on one line. Ids and paths come from elsewhere. */
export function plainText(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
}

/** JSON that can do nothing to a terminal either, and still means the same. */
export function plainJson(value: unknown, indent = 0): string {
  return JSON.stringify(value, null, indent).replace(UNSAFE_IN_JSON, (character) =>
    Array.from({ length: character.length }, (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`).join(''),
  )
}

/** A phone number of which strangers learn no more than its two ends. */
export function maskNumber(digits: string): string {
  return digits.length < 6 ? '•'.repeat(digits.length) : `${digits.slice(0, 2)}${'•'.repeat(digits.length - 4)}${digits.slice(-2)}`
}

/** `1 record`, `2 records`. */
export function count(number: number, one: string, many: string = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`
}

/** As long as phone numbers are. */
const NUMBER = /\d{8,}/gu

/** From the first colon behind the slashes to the last "@": a password with a "/" or "@" that should be encoded is hidden all the same. */
const PASSWORD = /(\/\/[^\s:@]*):\S*@/gu
/** Parameters of an address that hold secrets, such as `?password=`. */
const SECRET_PARAMETER = /([?&][^\s=&#]*(?:pass|secret|token)[^\s=&#]*=)[^\s&#"]*/giu

/** Hides the passwords of addresses in a text of elsewhere, such as what a driver says. */
export function hidePasswords(text: string): string {
  return text.replace(PASSWORD, '$1:***@').replace(SECRET_PARAMETER, '$1***')
}

/** The name of a store without its password, which may have spaces and quotes in it. */
export function hidePasswordOf(name: string): string {
  return hidePasswords(name.replace(/(\/\/[^:@]*):[^]*@/u, '$1:***@').replace(/([?&][^=&#]*(?:pass|secret|token)[^=&#]*=)[^&#]*/giu, '$1***'))
}

/** Masks passwords, and what may be a phone number, in a text of elsewhere: ids of records hold them. What the caller typed is no news. */
export function maskPrivate(text: string, typed: readonly string[]): string {
  return hidePasswords(text).replace(NUMBER, (digits) => (typed.some((argument) => argument.includes(digits)) ? digits : maskNumber(digits)))
}
