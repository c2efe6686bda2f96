/** @typedef {{ name: string, data: string }} StreamEvent */

/** Parses a stream of server-sent events, whatever chunks it arrives in. */
export class EventParser {
  #rest = ''
  #name = ''
  /** @type {string[]} */
  #data = []

  /** The events that this chunk completes. @param {string} piece @returns {StreamEvent[]} */
  push(piece) {
    const lines = (this.#rest + piece).split(/\r\n|\n|\r(?!$)/u)
    this.#rest = lines.pop() ?? ''
    return lines.flatMap((line) => this.#line(line))
  }

  /** @param {string} line @returns {StreamEvent[]} */
  #line(line) {
    if (line === '') return this.#dispatch()
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /u, '')
    if (field === 'event') this.#name = value
    if (field === 'data') this.#data.push(value)
    return []
  }

  /** @returns {StreamEvent[]} */
  #dispatch() {
    const event = { name: this.#name === '' ? 'message' : this.#name, data: this.#data.join('\n') }
    const isEmpty = this.#data.length === 0
    this.#name = ''
    this.#data = []
    return isEmpty ? [] : [event]
  }
}
