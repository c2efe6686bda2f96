import { App } from './app.js'

/** @param {string} id */
function place(id) {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`The page has no place "${id}".`)
  return found
}

await new App({ header: place('header'), main: place('main'), announcements: place('announcements'), skip: place('skip') }).start()
