import { describe, expect, it } from 'vitest'
import { readBaileysSource, readServiceWorker } from '../../../src/version/latest-wa-web-version.js'

describe('the service worker of WhatsApp Web', () => {
  it.each([
    ['as JSON in a text', String.raw`self.x = JSON.parse("{\"server_revision\":1,\"client_revision\":1047506285,\"tier\":\"\"}")`],
    ['as JSON', '{"server_revision":1,"client_revision":1047506285,"tier":""}'],
    ['with spaces', '{ "client_revision" : 1047506285 }'],
    ['twice: the first counts', '{"client_revision":1047506285},{"client_revision":5}'],
  ])('names its version %s', (_name, text) => {
    expect(readServiceWorker(text)).toEqual([2, 3000, 1_047_506_285])
  })

  it.each([
    ['nothing', ''],
    ['a page that asks to log in', '<!doctype html><title>WhatsApp</title>'],
    ['no number', '{"client_revision":null}'],
    ['a number in quotes', '{"client_revision":"1047506285"}'],
    ['zero', '{"client_revision":0}'],
    ['a number below zero', '{"client_revision":-5}'],
    ['more than a uint32', '{"client_revision":4294967296}'],
    ['more digits than any version has', '{"client_revision":10475062851047506285}'],
    ['a number that is cut off', '{"client_revision":10475'],
    ['another revision', '{"server_revision":1047506285}'],
  ])('has none in %s', (_name, text) => {
    expect(readServiceWorker(text)).toBeNull()
  })
})

describe('the source of Baileys', () => {
  it.each([
    ['a constant', "import logger from '../Utils/logger'\n\nconst version = [2, 3000, 1035194821]\n"],
    ['a constant with its type', 'const version: WAVersion = [2,3000,1035194821];'],
    ['a list over several lines', 'const version = [\n  2,\n  3000,\n  1035194821\n]'],
    ['JSON', '{"version":[2,3000,1035194821]}'],
    ['JSON with spaces', '{ "version" : [ 2, 3000, 1035194821 ] }'],
  ])('names its version in %s', (_name, text) => {
    expect(readBaileysSource(text)).toEqual([2, 3000, 1_035_194_821])
  })

  it.each([
    ['nothing', ''],
    ['two numbers', 'const version = [2, 3000]'],
    ['four numbers', 'const version = [2, 3000, 1, 2]'],
    ['more than a uint32', 'const version = [2, 3000, 4294967296]'],
    ['another list', 'const subversion = [2, 3000, 1]'],
    ['404: Not Found', '404: Not Found'],
  ])('has none in %s', (_name, text) => {
    expect(readBaileysSource(text)).toBeNull()
  })
})
