/** A stanza as WhatsApp sends it inside a frame: a tag, text attributes, and children, text or bytes. */
export interface BinaryNode {
  /** The name, such as `iq` or `message`. */
  tag: string
  /** The attributes, all of them text. */
  attrs: Record<string, string>
  /** Children, text or bytes; absent for an empty node. */
  content?: BinaryNode[] | string | Uint8Array | undefined
}

/** The server that all stanzas name as their other end. */
export const SERVER_JID = 's.whatsapp.net'

const NO_BYTES = Buffer.alloc(0)

/** Shorthand for a {@link BinaryNode}. */
export function stanza(tag: string, attrs: Record<string, string> = {}, content?: BinaryNode['content']): BinaryNode {
  return content === undefined ? { tag, attrs } : { tag, attrs, content }
}

/** The children of a node, or none. */
export function childrenOf(node: BinaryNode | undefined, tag?: string): BinaryNode[] {
  const children = Array.isArray(node?.content) ? node.content : []
  return tag === undefined ? children : children.filter((child) => child.tag === tag)
}

/** The first child with this tag. */
export function childOf(node: BinaryNode | undefined, tag: string): BinaryNode | undefined {
  return childrenOf(node).find((child) => child.tag === tag)
}

/** The bytes of a node; text is taken as UTF-8, children and nothing as no bytes. */
export function bytesOf(node: BinaryNode | undefined): Buffer {
  const content = node?.content
  if (typeof content === 'string') return Buffer.from(content)
  return content instanceof Uint8Array ? Buffer.from(content) : NO_BYTES
}

/** Seconds since the epoch, as attributes carry them. */
export function nowInSeconds(): string {
  return String(Math.floor(Date.now() / 1000))
}
