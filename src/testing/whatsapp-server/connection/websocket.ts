import type * as Ws from 'ws'

const MAX_MESSAGE_BYTES = 64 * 1024 * 1024

/** Makes the part of a server that speaks websocket. Rejects when the optional peer `ws` is not installed. */
export async function makeWebSocketServer(): Promise<Ws.WebSocketServer> {
  const { WebSocketServer: Constructor } = await importWs()
  return new Constructor({ noServer: true, perMessageDeflate: false, clientTracking: false, maxPayload: MAX_MESSAGE_BYTES })
}

async function importWs(): Promise<typeof Ws> {
  try {
    return await import('ws')
  } catch (cause) {
    throw new Error('The WhatsApp server needs the package ws, which is an optional peer dependency. Install it: npm install --save-dev ws', { cause })
  }
}
