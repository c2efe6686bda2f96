const SVG = 'http://www.w3.org/2000/svg'

/**
 * The QR code that the server drew, rebuilt from its paths alone, so that nothing else in the text gets onto the page.
 * @param {string} drawn an SVG @param {string} label what it is, for people who do not see it
 */
export function qrPicture(drawn, label) {
  const source = new DOMParser().parseFromString(drawn, 'image/svg+xml').documentElement
  const picture = document.createElementNS(SVG, 'svg')
  copy(source, picture, ['viewBox'])
  for (const [name, value] of [
    ['role', 'img'],
    ['aria-label', label],
    ['class', 'qr'],
    ['shape-rendering', 'crispEdges'],
  ])
    picture.setAttribute(name ?? '', value ?? '')
  for (const path of source.querySelectorAll('path')) {
    const line = document.createElementNS(SVG, 'path')
    copy(path, line, ['d', 'fill'])
    picture.append(line)
  }
  return picture
}

/** @param {Element} from @param {Element} to @param {string[]} names */
function copy(from, to, names) {
  for (const name of names) to.setAttribute(name, from.getAttribute(name) ?? '')
}
