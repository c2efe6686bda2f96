import type { BinaryNode } from '@whiskeysockets/baileys'
import type { ServerMood, Signal } from '../history.js'
import type { SimulatedSocket } from '../observer.js'
import type { SimulatedBackplane } from './simulated-backplane.js'

const MOODY = ['welcoming', 'welcoming', 'welcoming', 'welcoming', 'judging', 'flapping', 'silent'] as const

/** Losses that time heals. */
const LOSSES = [428, 408, 503, 500] as const

const JUDGEMENTS = [401, 402, 403, 405, 408, 411, 428, 428, 429, 440, 500, 503, 515] as const

/** How long the QR codes of one socket last: as with Baileys 7.0.0-rc14, 60 s and five times 20 s. */
const QR_CODES_LAST_MS = 160_000

/** WhatsApp, as far as sockets see it: what it does by itself, and what a history makes it do. */
export class SimulatedServer {
  mood: ServerMood = 'welcoming'
  readonly #backplane: SimulatedBackplane
  readonly #isUnlinking: (socket: SimulatedSocket) => boolean
  /** Told of a device that was removed without anybody having asked for it. */
  readonly #onStrangeRemoval: (socket: SimulatedSocket) => void

  constructor(backplane: SimulatedBackplane, isUnlinking: (socket: SimulatedSocket) => boolean, onStrangeRemoval: (socket: SimulatedSocket) => void) {
    this.#backplane = backplane
    this.#isUnlinking = isUnlinking
    this.#onStrangeRemoval = onStrangeRemoval
  }

  /** A socket was made. */
  meet(socket: SimulatedSocket): void {
    const { fake } = socket
    const { dice } = this.#backplane
    fake.answer = (node) => this.#answer(socket, node)
    if (this.mood !== 'welcoming' && dice.roll('ending') < 0.15) fake.ending = dice.roll('which ending') < 0.6 ? 'half-open' : 'never'
    switch (this.mood === 'moody' ? dice.pick(`meet ${socket.sessionId}`, MOODY) : this.mood) {
      case 'welcoming':
        this.#welcome(socket)
        break
      case 'flapping':
        this.#welcome(socket)
        this.#closeLater(socket, 8000, dice.pick('drop', LOSSES))
        break
      case 'refusing':
        this.#closeLater(socket, 1000, dice.pick('refusal', LOSSES))
        break
      case 'judging':
        this.#closeLater(socket, 3000, dice.pick('judgement', JUDGEMENTS))
        break
      case 'silent':
        break
    }
  }

  #closeLater(socket: SimulatedSocket, atMostMs: number, code: number): void {
    this.#later(socket, 'close', atMostMs, () => {
      this.#act(socket, { what: 'close', code })
    })
  }

  /** A history makes something happen to a socket. What makes no sense there does nothing. */
  act(socket: SimulatedSocket, signal: Signal): void {
    if (signal.what === 'close' || signal.what === 'half-open' || signal.what === 'never ends') {
      this.#act(socket, signal)
      return
    }
    // Baileys may still be at work on a message when its socket has ended.
    const outlivesSocket = signal.what === 'ratchet' || signal.what === 'key read'
    const isLinked = socket.fake.authState.creds.account !== undefined
    const needsLink: Readonly<Record<typeof signal.what, boolean | null>> = {
      qr: false,
      scan: false,
      open: true,
      'offline done': true,
      message: true,
      creds: null,
      ratchet: null,
      'key read': null,
    }
    const needed = needsLink[signal.what]
    if ((outlivesSocket || !socket.fake.isEnded) && (needed === null || needed === isLinked)) this.#act(socket, signal)
  }

  #act(socket: SimulatedSocket, signal: Signal): void {
    const { fake } = socket
    this.#backplane.tell('signalled', socket)
    if (signal.what === 'close') {
      socket.isAnswered = true
      void fake.close(signal.code).catch(() => undefined)
      return
    }
    const acts: Readonly<Record<typeof signal.what, () => void>> = {
      'half-open': () => {
        fake.ending = 'half-open'
      },
      'never ends': () => {
        fake.ending = 'never'
      },
      qr: () => {
        this.#answered(socket).qr(`2@qr-of-${socket.number}`)
      },
      scan: () => {
        this.#scan(socket)
      },
      open: () => {
        this.#answered(socket).open({ offline: this.#backplane.dice.roll('offline') < 0.5 ? 'pending' : 'done' })
      },
      'offline done': () => {
        fake.offlineDone()
      },
      message: () => {
        this.#deliver(socket)
      },
      creds: () => {
        fake.updateCreds({ nextPreKeyId: fake.authState.creds.nextPreKeyId + 1 })
      },
      ratchet: () => {
        this.#swallow(() => this.#turnRatchet(socket))
      },
      'key read': () => {
        this.#swallow(async () => fake.authState.keys.get('lid-mapping', ['left']))
      },
    }
    acts[signal.what]()
  }

  #answered(socket: SimulatedSocket): SimulatedSocket['fake'] {
    socket.isAnswered = true
    return socket.fake
  }

  #welcome(socket: SimulatedSocket): void {
    const isLinked = socket.fake.authState.creds.account !== undefined
    this.#later(socket, 'welcome', 3000, () => {
      this.act(socket, { what: isLinked ? 'open' : 'qr' })
      if (isLinked)
        this.#later(socket, 'offline', 3000, () => {
          this.act(socket, { what: 'offline done' })
        })
      else
        this.#backplane.time.later(QR_CODES_LAST_MS, () => {
          if (!socket.fake.isEnded) {
            this.#backplane.tell('signalled', socket)
            void socket.fake.expireQr()
          }
        })
    })
  }

  #scan(socket: SimulatedSocket): void {
    this.#answered(socket).pairSuccess()
    if (this.#backplane.dice.roll('restart') < 0.85)
      this.#later(socket, 'restart', 2000, () => {
        this.#act(socket, { what: 'close', code: 515 })
      })
  }

  #deliver(socket: SimulatedSocket): void {
    const id = `${socket.number}-${socket.arrived.length}`
    socket.arrived.push(id)
    socket.fake.receive('hello', { id })
  }

  #answer(socket: SimulatedSocket, node: BinaryNode): Promise<BinaryNode | undefined> {
    const { dice } = this.#backplane
    const roll = this.mood === 'welcoming' ? 0 : dice.roll('answer')
    if (roll >= 0.8) return new Promise(() => undefined)
    if (roll >= 0.6) return Promise.reject(new Error('The simulated server refuses.'))
    if (removesDevice(node)) this.#remove(socket)
    return Promise.resolve({ tag: 'iq', attrs: { type: 'result' } })
  }

  #remove(socket: SimulatedSocket): void {
    if (!this.#isUnlinking(socket)) this.#onStrangeRemoval(socket)
    this.#later(socket, 'removed', 50, () => {
      this.#act(socket, { what: 'close', code: 401 })
    })
  }

  /**
   * What Baileys does for each message: it reads a record, and stores the next one in the same transaction. Here there are two records
   * that always say the same number, so that a torn, lost or repeated turn shows.
   */
  async #turnRatchet(socket: SimulatedSocket): Promise<void> {
    const { keys, creds } = socket.fake.authState
    const isLinked = creds.account !== undefined
    let value = 0
    await keys.transaction(async () => {
      const { left } = await keys.get('lid-mapping', ['left', 'right'])
      if (isLinked) this.#backplane.tell('ratchetRead', socket, Number(left ?? 0))
      value = Number(left ?? 0) + 1
      await keys.set({ 'lid-mapping': { left: String(value), right: String(value) } })
    }, 'ratchet')
    if (isLinked) this.#backplane.tell('ratchetTurned', socket, value)
  }

  /** Baileys logs what its background work throws, and goes on. */
  #swallow(work: () => Promise<unknown>): void {
    work().catch(() => undefined)
  }

  #later(socket: SimulatedSocket, name: string, atMostMs: number, work: () => void): void {
    this.#backplane.time.later(this.#backplane.dice.between(name, 1, atMostMs), () => {
      if (!socket.fake.isEnded) work()
    })
  }
}

function removesDevice(node: BinaryNode): boolean {
  return Array.isArray(node.content) && node.content.some((child) => child.tag === 'remove-companion-device')
}
