import type { Account, DeviceKey } from '../accounts/account.js'
import type { ServerContext } from '../server-context.js'
import type { PhoneMessage } from '../server-events.js'
import { lidJid, phoneJid } from '../wire/jid.js'
import { downloadMedia, sendMedia, type PhoneMedia } from './phone-media.js'
import { sendFromPhone, type SentMessage } from './send.js'
import type { ServerPhone } from './server-phone.js'

/** The phone of an account. */
export class AccountPhone implements ServerPhone {
  readonly #server: ServerContext
  readonly #account: Account

  constructor(server: ServerContext, account: Account) {
    this.#server = server
    this.#account = account
  }

  get number(): string {
    return this.#account.phone
  }

  get jid(): string {
    return phoneJid(this.#account.phone)
  }

  get lid(): string {
    return lidJid(this.#account.lid)
  }

  get pushName(): string {
    return this.#account.pushName
  }

  set pushName(pushName: string) {
    if (typeof pushName !== 'string' || pushName === '') throw new TypeError('pushName must be a text that is not empty')
    this.#account.pushName = pushName
  }

  async sendText(deviceKey: DeviceKey, text: string): Promise<SentMessage> {
    return this.sendMessage(deviceKey, { conversation: text })
  }

  async sendMessage(deviceKey: DeviceKey, content: object): Promise<SentMessage> {
    return sendFromPhone(this.#server, this.number, deviceKey, content)
  }

  async sendGarbled(deviceKey: DeviceKey): Promise<SentMessage> {
    return sendFromPhone(this.#server, this.number, deviceKey, { conversation: 'garbled' }, { garbled: true })
  }

  async sendMedia(deviceKey: DeviceKey, media: PhoneMedia): Promise<SentMessage> {
    return sendMedia(this.#server, this.number, deviceKey, media)
  }

  messages(): PhoneMessage[] {
    return this.#server.journal.messages.filter(({ phone }) => phone === this.number)
  }

  download(message: PhoneMessage): Buffer {
    return downloadMedia(this.#server, message)
  }
}
