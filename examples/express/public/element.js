const SVG = 'http://www.w3.org/2000/svg'

/** @typedef {Node | string | null | undefined | false} Child */
/** @typedef {Record<string, string | number | boolean | null | undefined | ((event: Event) => void)>} Attributes */

/**
 * Creates an element. Text stays text and never becomes HTML; `on…` listens; `true` sets an attribute without a value; `false` and `null` leave it out.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name @param {Attributes} [attributes] @param {...Child} children @returns {HTMLElementTagNameMap[Name]}
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name)
  setAttributes(made, attributes)
  made.append(...children.filter(isShown))
  return made
}

/**
 * An SVG drawing of lines in a square of 24, for decoration only.
 * @param {string} lines the `d` of its path @param {string} [className]
 */
export function drawing(lines, className = 'icon') {
  const svg = document.createElementNS(SVG, 'svg')
  const path = document.createElementNS(SVG, 'path')
  setAttributes(svg, { viewBox: '0 0 24 24', class: className, 'aria-hidden': 'true', focusable: 'false' })
  path.setAttribute('d', lines)
  svg.append(path)
  return svg
}

/** @param {Child} child @returns {child is Node | string} */
function isShown(child) {
  return child !== null && child !== undefined && child !== false
}

/** @param {Element} target @param {Attributes} attributes */
function setAttributes(target, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') target.addEventListener(name.slice(2), value)
    else if (value === true) target.setAttribute(name, '')
    else if (value !== false && value !== null && value !== undefined) target.setAttribute(name, String(value))
  }
}
