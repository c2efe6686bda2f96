import decodeQR from 'qr/decode.js'

// Two modules above each other; a light one is drawn, as on a dark terminal.
const LIGHT_ABOVE = '█▀'
const LIGHT_BELOW = '█▄'
const PIXELS_PER_MODULE = 4

/** The QRs that were drawn into a terminal, as a phone reads them. */
export function readDrawnQrs(output: string): string[] {
  const drawings = [...output.matchAll(/(?:^[█▀▄ ]{40,}\n)+/gmu)]
  return drawings.flatMap(([drawing]) => {
    const modules = drawing
      .trimEnd()
      .split('\n')
      .flatMap((line) => [LIGHT_ABOVE, LIGHT_BELOW].map((light) => Array.from(line, (character) => light.includes(character))))
    try {
      return [decodeQR(toImage(modules))]
    } catch {
      return [] // It is still being printed.
    }
  })
}

function toImage(modules: readonly (readonly boolean[])[]): { width: number; height: number; data: Uint8Array } {
  const [width, height] = [(modules[0]?.length ?? 0) * PIXELS_PER_MODULE, modules.length * PIXELS_PER_MODULE]
  const data = new Uint8Array(width * height * 4)
  for (let pixel = 0; pixel < width * height; pixel++) {
    const [x, y] = [pixel % width, Math.floor(pixel / width)].map((at) => Math.floor(at / PIXELS_PER_MODULE))
    data.fill(modules[y ?? 0]?.[x ?? 0] === true ? 255 : 0, pixel * 4, pixel * 4 + 3)
    data[pixel * 4 + 3] = 255
  }
  return { width, height, data }
}
