import type { DeviceKey } from '../accounts/account.js'
import type { PhoneMessage } from '../server-events.js'
import type { PhoneMedia } from './phone-media.js'
import type { SentMessage } from './send.js'

/** A phone with a WhatsApp account, as a test uses it. Get one with `server.phone`. */
export interface ServerPhone {
  /** Its number, digits only. */
  readonly number: string
  /** Its address by phone number. */
  readonly jid: string
  /** Its address by lid. */
  readonly lid: string
  /** The name that others see with its messages: `pushName` of `messages.upsert`. A linked device that told no name of its own has it, too. */
  pushName: string
  /** Sends a text to a linked device, which gets it at once or after its next login. */
  sendText(deviceKey: DeviceKey, text: string): Promise<SentMessage>
  /** As {@link sendText}, with the fields of a `proto.Message`. */
  sendMessage(deviceKey: DeviceKey, content: object): Promise<SentMessage>
  /** Sends a text that is damaged on its way: the device cannot decrypt it ("Bad MAC"). */
  sendGarbled(deviceKey: DeviceKey): Promise<SentMessage>
  /** Uploads media, and sends it to a linked device. Rejects with `TypeError` for a kind that there is not. */
  sendMedia(deviceKey: DeviceKey, media: PhoneMedia): Promise<SentMessage>
  /** The messages that it received and decrypted, oldest first. */
  messages(): PhoneMessage[]
  /** The decrypted media of a message that it received. Throws if the message has none, or its file is not on this server. */
  download(message: PhoneMessage): Buffer
}
