import type { DeviceKey } from '../accounts/account.js'
import { decryptMedia, encryptMedia } from '../media/media-cipher.js'
import { findMedia, mediaFormat, type MediaKind } from '../media/media-kind.js'
import type { ServerContext } from '../server-context.js'
import type { PhoneMessage } from '../server-events.js'
import { sendFromPhone, type SentMessage } from './send.js'

/** A picture, a film, a sound or a file that a phone sends. */
export interface PhoneMedia {
  /** What it is. */
  kind: MediaKind
  /** Its bytes. */
  data: Uint8Array
  /** Default: the usual one of its kind, such as `image/jpeg`. */
  mimetype?: string
  /** The text below it. */
  caption?: string
  /** More fields of its message, such as `{ ptt: true }` for a voice message or `{ fileName: 'offer.pdf' }`. */
  fields?: object
}

/** A phone uploads media and sends the message that tells where it is. */
export async function sendMedia(server: ServerContext, phone: string, deviceKey: DeviceKey, media: PhoneMedia): Promise<SentMessage> {
  const { kind, data, caption, fields } = media
  const format = mediaFormat(kind)
  const { file, ...keys } = encryptMedia(data, format.keyInfo)
  const url = server.media.put(format.folder, file)
  const mimetype = media.mimetype ?? format.mimetype
  const content = { [format.field]: { url, mimetype, fileLength: data.length, ...keys, ...(caption === undefined ? {} : { caption }), ...fields } }
  return sendFromPhone(server, phone, deviceKey, content, { attributes: { type: 'media' } })
}

/** A phone downloads the media of a message that it received. Throws when there is none, or its file is not on this server. */
export function downloadMedia(server: ServerContext, { id, content }: PhoneMessage): Buffer {
  const media = findMedia(content)
  if (media === undefined) throw new Error(`Message ${id} has no media that a phone could download.`)
  const file = server.media.find(media.url)
  if (file === undefined) throw new Error(`The media of message ${id} was never uploaded to this server: ${media.url}`)
  return decryptMedia(file, media.mediaKey, media.format.keyInfo)
}
