import { accessSync, constants } from 'node:fs'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The browser to test with: the one that CHROMIUM names, or else one of the usual places. Throws with how to get one. */
export function findBrowser(): string {
  const named = process.env['CHROMIUM']
  const found = (named === undefined ? PLACES : [named]).find(isExecutable)
  if (found !== undefined) return found
  throw new Error(
    [
      named === undefined ? `There is no browser at ${PLACES.join(', ')}.` : `CHROMIUM names ${named}, which cannot be run.`,
      'On Debian and Ubuntu: apt-get install -y chromium. Elsewhere: set CHROMIUM to the path of a Chromium or Chrome.',
    ].join(' '),
  )
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
