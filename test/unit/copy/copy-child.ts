import { copySessions, encrypted, FileSystemSessionStore } from '../../../src/index.js'

// Copies a folder into another one, encrypted, and prints a line for each session that is done.

const [source = '', target = ''] = process.argv.slice(2)
const from = new FileSystemSessionStore({ directory: source, durability: 'process' })
const to = encrypted(new FileSystemSessionStore({ directory: target, durability: 'process' }), { keys: { main: Buffer.alloc(32, 1) }, currentKeyId: 'main' })
const { copied, unchanged, failed } = await copySessions(from, to, { onProgress: ({ done }) => process.stdout.write(`${done}\n`) })
await Promise.all([from.close(), to.close()])
process.stdout.write(`${JSON.stringify({ copied, unchanged, failed: failed.map(({ sessionId, error }) => `${sessionId} ${error.code}`) })}\n`)
