// Loaded before an example: its Baileys dials the loopback server of the test, and takes it for WhatsApp.
import { DEFAULT_CONNECTION_CONFIG, WA_CERT_DETAILS } from '@whiskeysockets/baileys'

const { LOOPBACK_URL, LOOPBACK_ROOT_KEY } = process.env
if (LOOPBACK_URL === undefined || LOOPBACK_ROOT_KEY === undefined) throw new Error('LOOPBACK_URL and LOOPBACK_ROOT_KEY must be set.')

DEFAULT_CONNECTION_CONFIG.waWebSocketUrl = LOOPBACK_URL
WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(LOOPBACK_ROOT_KEY, 'hex')
