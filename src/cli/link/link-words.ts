import spanish from '../../messages/es.js'
import portuguese from '../../messages/pt-br.js'
import type { StatusMessages } from '../../status/status-reasons.js'

/** What the person with the phone reads. */
export interface LinkWords {
  /** What to do at the phone. */
  readonly scan: string
  readonly type: string
  /** The same where the phone does it by itself. */
  readonly simulatedScan: string
  readonly simulatedType: string
  /** How long a QR or code is good for. `{seconds}` is a number. */
  readonly timeLeft: string
  readonly expired: string
  /** `{until}` is a moment. */
  readonly validUntil: string
  /** `{columns}` and `{rows}` are numbers. */
  readonly tooSmall: string
  /** `{session}`, `{number}` and `{name}`, which is empty or a name in brackets. */
  readonly linked: string
  readonly notLinked: string
  readonly nothingStored: string
  /** Why a session is in its status. */
  readonly statuses: StatusMessages
}

export const ENGLISH: LinkWords = {
  scan: 'On the phone, open WhatsApp > Settings > Linked devices > Link a device, then scan this QR:',
  type: 'On the phone, open WhatsApp > Settings > Linked devices > Link a device > Link with phone number instead, then type this code:',
  simulatedScan: 'A simulated phone will scan this QR in a moment:',
  simulatedType: 'A simulated phone will type this code in a moment:',
  timeLeft: 'Valid for {seconds} s.',
  expired: 'Expired: waiting for the next one.',
  validUntil: 'It is valid until {until}.',
  tooSmall: 'The QR needs {columns} columns and {rows} rows. Make this window larger.',
  linked: 'Linked "{session}" to {number}{name}.',
  notLinked: 'Not linked.',
  nothingStored: 'Nothing was stored. Run the command again to retry.',
  statuses: {},
}

const PORTUGUESE: LinkWords = {
  scan: 'No celular, abra WhatsApp > Configurações > Aparelhos conectados > Conectar um aparelho e escaneie este QR code:',
  type: 'No celular, abra WhatsApp > Configurações > Aparelhos conectados > Conectar um aparelho > Conectar com número de telefone e digite este código:',
  simulatedScan: 'Um celular simulado vai escanear este QR code em instantes:',
  simulatedType: 'Um celular simulado vai digitar este código em instantes:',
  timeLeft: 'Vale por {seconds} s.',
  expired: 'Expirou: aguardando o próximo.',
  validUntil: 'Vale até {until}.',
  tooSmall: 'O QR code precisa de {columns} colunas e {rows} linhas. Aumente esta janela.',
  linked: 'A sessão "{session}" foi conectada a {number}{name}.',
  notLinked: 'Não conectado.',
  nothingStored: 'Nada foi salvo. Execute o comando de novo para tentar outra vez.',
  statuses: portuguese,
}

const SPANISH: LinkWords = {
  scan: 'En el teléfono, abre WhatsApp > Ajustes > Dispositivos vinculados > Vincular un dispositivo y escanea este código QR:',
  type: 'En el teléfono, abre WhatsApp > Ajustes > Dispositivos vinculados > Vincular un dispositivo > Vincular con el número de teléfono y escribe este código:',
  simulatedScan: 'Un teléfono simulado escaneará este código QR en un momento:',
  simulatedType: 'Un teléfono simulado escribirá este código en un momento:',
  timeLeft: 'Vale por {seconds} s.',
  expired: 'Caducó: esperando el próximo.',
  validUntil: 'Vale hasta {until}.',
  tooSmall: 'El código QR necesita {columns} columnas y {rows} filas. Agranda esta ventana.',
  linked: 'La sesión "{session}" quedó vinculada a {number}{name}.',
  notLinked: 'No se vinculó.',
  nothingStored: 'No se guardó nada. Ejecuta el comando de nuevo para reintentar.',
  statuses: spanish,
}

/** The languages, by what `--lang` calls them. */
export const LINK_LANGUAGES: ReadonlyMap<string, LinkWords> = new Map([
  ['en', ENGLISH],
  ['pt-br', PORTUGUESE],
  ['es', SPANISH],
])

/** A sentence with its values. */
export function fillWords(sentence: string, values: Readonly<Record<string, string | number>>): string {
  return sentence.replace(/\{(\w+)\}/gu, (placeholder, name: string) => String(values[name] ?? placeholder))
}
