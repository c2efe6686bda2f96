// A process that runs the session "shop", and tells on standard output what happens to it. It ends when its standard input does.
import { Buffer } from 'node:buffer'
import * as baileys from '@whiskeysockets/baileys'
import { FileSystemSessionStore, quietLibsignal } from 'baileys-sessions'
import { newManager } from './world.mjs'

const { SERVER, ROOT_KEY, DIRECTORY } = process.env
baileys.WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(ROOT_KEY, 'hex')
quietLibsignal()
const tell = (event) => console.log(JSON.stringify(event))

const manager = newManager(new FileSystemSessionStore({ directory: DIRECTORY }), SERVER)
manager.on('qr', ({ qr }) => tell({ qr }))
manager.on('connected', ({ restored }) => tell({ connected: true, restored }))
process.stdin.on('end', () => manager.close().then(() => tell({ closed: true }))).resume()
await manager.connect('shop')
