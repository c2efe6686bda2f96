import { CONTENDER_TITLES as MESSAGE_TITLES, CONTENDERS as MESSAGE_CONTENDERS } from '../messages/orders.js'
import { inMs } from '../report-parts.js'
import type { Figures } from '../saved-figures.js'
import { CONTENDER_TITLES, CONTENDERS, type Contender } from '../store/lines.js'
import { type Bar, barChart, type BarGroup } from './bar-chart.js'

/** The pictures of the docs, by the name of their file. */
export function drawPictures(figures: Readonly<Record<'messages' | 'scale' | 'store', Figures>>): Record<string, string> {
  return {
    'bench-scale.svg': drawScale(figures.scale),
    'bench-messages.svg': drawMessages(figures.messages),
    'bench-commits.svg': drawCommits(figures.store),
  }
}

function drawScale({ machine, lines }: Figures): string {
  const group = (heading: string, line: string, format: (value: number) => string): BarGroup => ({
    heading,
    format,
    bars: [
      { name: 'this library', kind: 'ours', value: lines[line]?.['library'] ?? NaN },
      { name: 'Baileys alone, with the same remedy', kind: 'stock', value: lines[line]?.['bare'] ?? NaN },
    ],
  })
  return barChart({ title: 'A start of 1,000 sessions', description: `This library, and bare Baileys. Measured with ${machine}.` }, [
    group('1,000 sessions open after', 'openMs', (value) => `${(value / 1000).toFixed(1)} s`),
    group('CPU for one of them', 'cpuMsPerSession', (value) => `${value.toFixed(1)} ms`),
    group('memory of one of them, garbage collected', 'keptKiBPerSession', (value) => `${value.toFixed(0)} KiB`),
  ])
}

function drawMessages({ machine, lines: { cpu = {} } }: Figures): string {
  const bars = MESSAGE_CONTENDERS.map((contender): Bar => ({
    name: plain(MESSAGE_TITLES[contender]),
    kind: contender.startsWith('stock') ? 'stock' : 'ours',
    value: cpu[contender] ?? NaN,
  }))
  return barChart({ title: 'CPU for one received message', description: `Stock Baileys, and this library with each store. Measured with ${machine}.` }, [
    { heading: 'CPU for one received message', format: (value) => `${value.toFixed(2)} ms`, bars: bars.filter(isMeasured) },
  ])
}

const LIMITS: readonly Contender[] = ['append', 'synced-append', 'insert']

function drawCommits({ machine, lines }: Figures): string {
  const group = (heading: string, line: string): BarGroup => {
    const bars = CONTENDERS.map((contender): Bar => ({
      name: plain(CONTENDER_TITLES[contender]),
      kind: contender === 'stock' ? 'stock' : LIMITS.includes(contender) ? 'limit' : 'ours',
      value: lines[line]?.[contender] ?? NaN,
    }))
    return { heading, format: (value) => `${inMs(value)} ms`, bars: bars.filter(isMeasured) }
  }
  return barChart({ title: 'One commit', description: `Stock Baileys, bare writes of the same bytes, and each store. Measured with ${machine}.` }, [
    group('one commit of a key', 'keyCommit'),
    group('one commit of the creds', 'credsCommit'),
  ])
}

function isMeasured({ value }: Bar): boolean {
  return !Number.isNaN(value)
}

function plain(title: string): string {
  return title.replaceAll('`', '')
}
