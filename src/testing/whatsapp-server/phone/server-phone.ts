import type { Account, DeviceKey } from '../accounts/account.js'
import type { ServerContext } from '../server-context.js'
import type { PhoneMessage } from '../server-events.js'
import { lidJid, phoneJid } from '../wire/jid.js'
import { downloadMedia, sendMedia, type PhoneMedia } from './phone-media.js'
import { sendFromPhone, type SentMessage } from './send.js'

/** A phone with a WhatsApp account, as a test uses it. Get one with `server.phone`. */
export class ServerPhone {
  readonly #server: ServerContext
  readonly #account: Account

  constructor(server: ServerContext, account: Account) {
    this.#server = server
    this.#account = account
  }

  /** Its number, digits only. */
  get number(): string {
    return this.#account.phone
  }

  /** Its address by phone number. */
  get jid(): string {
    return phoneJid(this.#account.phone)
  }

  /** Its address by lid. */
  get lid(): string {
    return lidJid(this.#account.lid)
  }

  /** The name that others see with its messages: `pushName` of `messages.upsert`. A linked device that told no name of its own has it, too. */
  get pushName(): string {
    return this.#account.pushName
  }

  set pushName(pushName: string) {
    if (typeof pushName !== 'string' || pushName === '') throw new TypeError('pushName must be a text that is not empty')
    this.#account.pushName = pushName
  }

  /** Sends a text to a linked device, which gets it at once or after its next login. */
  async sendText(deviceKey: DeviceKey, text: string): Promise<SentMessage> {
    return this.sendMessage(deviceKey, { conversation: text })
  }

  /** As {@link sendText}, with the fields of a `proto.Message`. */
  async sendMessage(deviceKey: DeviceKey, content: object): Promise<SentMessage> {
    return sendFromPhone(this.#server, this.number, deviceKey, content)
  }

  /** Sends a text that is damaged on its way: the device cannot decrypt it ("Bad MAC"). */
  async sendGarbled(deviceKey: DeviceKey): Promise<SentMessage> {
    return sendFromPhone(this.#server, this.number, deviceKey, { conversation: 'garbled' }, { garbled: true })
  }

  /** Uploads media, and sends it to a linked device. Rejects with `TypeError` for a kind that there is not. */
  async sendMedia(deviceKey: DeviceKey, media: PhoneMedia): Promise<SentMessage> {
    return sendMedia(this.#server, this.number, deviceKey, media)
  }

  /** The messages that it received and decrypted, oldest first. */
  messages(): PhoneMessage[] {
    return this.#server.journal.messages.filter(({ phone }) => phone === this.number)
  }

  /** The decrypted media of a message that it received. Throws if the message has none, or its file is not on this server. */
  download(message: PhoneMessage): Buffer {
    return downloadMedia(this.#server, message)
  }
}
