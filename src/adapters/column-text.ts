const MARK = '\u0001'

const HALF_CHARACTERS = /\p{Surrogate}/gu

/**
 * A text as it stands in a column: what databases cannot keep (half characters), or refuse or cut off (a zero character), is written
 * as the mark and four hexadecimal digits. All other texts stand as they are.
 */
export function toColumn(text: string): string {
  return text.replaceAll(MARK, escaped).replaceAll('\0', escaped).replace(HALF_CHARACTERS, escaped)
}

/** The text that {@link toColumn} was given. */
export function fromColumn(column: string): string {
  if (!column.includes(MARK)) return column
  const [first = '', ...rest] = column.split(MARK)
  return first + rest.map(unescaped).join('')
}

function escaped(character: string): string {
  return MARK + character.charCodeAt(0).toString(16).padStart(4, '0')
}

/** A mark that somebody else has written stays. */
function unescaped(part: string): string {
  const digits = part.slice(0, 4)
  return /^[0-9a-f]{4}$/.test(digits) ? String.fromCharCode(Number.parseInt(digits, 16)) + part.slice(4) : MARK + part
}
