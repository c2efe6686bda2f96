import QRCode from 'qrcode'

const QUIET_ZONE = 4

/** Draws a QR code as SVG: black on white whatever the page's colours are, because phones read nothing else reliably. */
export function drawQr(text: string): string {
  const { size, data } = QRCode.create(text, { errorCorrectionLevel: 'M' }).modules
  const side = size + 2 * QUIET_ZONE
  const squares = [...data].flatMap((isDark, index) =>
    isDark === 0 ? [] : [`M${(index % size) + QUIET_ZONE} ${Math.floor(index / size) + QUIET_ZONE}h1v1h-1z`],
  )
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${side} ${side}" shape-rendering="crispEdges">` +
    `<path fill="#fff" d="M0 0h${side}v${side}H0z"/><path fill="#000" d="${squares.join('')}"/></svg>`
  )
}
