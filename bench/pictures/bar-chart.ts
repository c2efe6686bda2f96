/** Somebody who was measured. */
export interface Bar {
  readonly name: string
  readonly value: number
  /** This library, what people have without it, or what nobody can be quicker than. */
  readonly kind: 'limit' | 'ours' | 'stock'
}

/** Bars of one unit, under a heading. The longest is as wide as the picture allows. */
export interface BarGroup {
  readonly heading: string
  readonly bars: readonly Bar[]
  readonly format: (value: number) => string
}

/** What the picture is called, and what somebody is told who cannot see it. */
export interface ChartText {
  readonly title: string
  readonly description: string
}

const WIDTH = 820
const NAMES = 330
const VALUES = 90
const ROW = 24
const HEADING = 34

const STYLE = `text { font-family: system-ui, sans-serif; font-size: 12.5px; fill: #1f2937 }
.name { text-anchor: end; fill: #4b5563 }
.heading { font-size: 14px; font-weight: 600 }
.ours { fill: #10b981 } .stock { fill: #94a3b8 } .limit { fill: none; stroke: #94a3b8; stroke-dasharray: 4 3 }
@media (prefers-color-scheme: dark) {
text { fill: #e5e7eb } .name { fill: #9ca3af }
.ours { fill: #34d399 } .stock { fill: #64748b } .limit { stroke: #64748b }
}`

/** Draws horizontal bars as an SVG that follows the colours of the reader. */
export function barChart({ title, description }: ChartText, groups: readonly BarGroup[]): string {
  const parts: string[] = []
  let y = 0
  for (const group of groups) {
    parts.push(text('heading', NAMES, y + 22, group.heading))
    y += HEADING
    const longest = Math.max(...group.bars.map(({ value }) => value))
    for (const bar of group.bars) {
      parts.push(...row(bar, y, (WIDTH - NAMES - VALUES) / longest, group.format))
      y += ROW
    }
    y += 6
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" role="img" aria-labelledby="title description">
<title id="title">${escape(title)}</title>
<desc id="description">${escape(description)}</desc>
<style>
${STYLE}
</style>
${parts.join('\n')}
</svg>
`
}

function row({ name, value, kind }: Bar, y: number, scale: number, format: (value: number) => string): string[] {
  const width = Math.max(1, value * scale).toFixed(1)
  return [
    text('name', NAMES - 8, y + 15, name),
    `<rect class="${kind}" x="${NAMES}" y="${y + 3}" width="${width}" height="${ROW - 8}" rx="2"/>`,
    text('value', NAMES + Number(width) + 6, y + 15, format(value)),
  ]
}

function text(kind: string, x: number, y: number, content: string): string {
  return `<text class="${kind}" x="${Number(x.toFixed(1))}" y="${y}">${escape(content)}</text>`
}

function escape(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
