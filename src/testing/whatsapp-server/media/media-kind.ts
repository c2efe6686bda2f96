/** The kinds of media that a phone can send. */
export type MediaKind = 'audio' | 'document' | 'image' | 'sticker' | 'video'

/** How messages and files of one kind look. */
export interface MediaFormat {
  readonly kind: MediaKind
  /** The field of `proto.Message`. */
  readonly field: string
  /** Where such files lie on the media host. */
  readonly folder: string
  /** What the keys of its encryption are derived for. */
  readonly keyInfo: string
  readonly mimetype: string
}

const FORMATS: readonly MediaFormat[] = [
  { kind: 'audio', field: 'audioMessage', folder: '/mms/audio', keyInfo: 'WhatsApp Audio Keys', mimetype: 'audio/ogg; codecs=opus' },
  { kind: 'document', field: 'documentMessage', folder: '/mms/document', keyInfo: 'WhatsApp Document Keys', mimetype: 'application/pdf' },
  { kind: 'image', field: 'imageMessage', folder: '/mms/image', keyInfo: 'WhatsApp Image Keys', mimetype: 'image/jpeg' },
  { kind: 'sticker', field: 'stickerMessage', folder: '/mms/image', keyInfo: 'WhatsApp Image Keys', mimetype: 'image/webp' },
  { kind: 'video', field: 'videoMessage', folder: '/mms/video', keyInfo: 'WhatsApp Video Keys', mimetype: 'video/mp4' },
]

/** The format of a kind. Throws `TypeError` for a kind that there is not. */
export function mediaFormat(kind: MediaKind): MediaFormat {
  const format = FORMATS.find((one) => one.kind === kind)
  if (format === undefined) throw new TypeError(`kind must be one of ${FORMATS.map((one) => one.kind).join(', ')}, got ${JSON.stringify(kind)}`)
  return format
}

/** Where a file is, and the key that opens it, as its message says. */
export interface MediaReference {
  readonly format: MediaFormat
  readonly url: string
  readonly mediaKey: Uint8Array
}

/** The media of a decoded message, also inside of what wraps it, such as the copy for the sender's own phone. */
export function findMedia(content: unknown): MediaReference | undefined {
  if (!isRecord(content)) return undefined
  for (const format of FORMATS) {
    const media = content[format.field]
    if (isRecord(media) && typeof media['url'] === 'string' && media['mediaKey'] instanceof Uint8Array) {
      return { format, url: media['url'], mediaKey: media['mediaKey'] }
    }
  }
  const wrapped = Object.values(content).map((field) => (isRecord(field) ? findMedia(field['message']) : undefined))
  return wrapped.find((found) => found !== undefined)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
