/** What a QR code says. */
export interface QrText {
  readonly reference: string
  readonly noiseKey: Buffer
  readonly identityKey: Buffer
  /** As it stands there, in base64. */
  readonly advSecret: string
}

/** Reads the text of a QR code: its fields alone, or behind an address with `#`. Throws `TypeError` when it is none. */
export function readQrText(text: string): QrText {
  const [reference = '', noiseKey, identityKey, advSecret] = text.slice(text.indexOf('#') + 1).split(',')
  if (noiseKey === undefined || identityKey === undefined || advSecret === undefined) {
    throw new TypeError('qr must be the text of a QR code as Baileys reports it: reference, noise key, identity key and secret, separated by commas')
  }
  return { reference, noiseKey: Buffer.from(noiseKey, 'base64'), identityKey: Buffer.from(identityKey, 'base64'), advSecret }
}
