import express, { type RequestHandler } from 'express'
import { Problem } from './answers/problem.js'

/** Reads JSON of at most 16 kB, and refuses what is none. */
export function readBody(): RequestHandler[] {
  return [express.json({ limit: 16 * 1024 }), refuseOtherTypes]
}

const refuseOtherTypes: RequestHandler = (request, _response, next) => {
  // Many clients say that there are 0 bytes, of no type. `null` is when there is no word of a body.
  const isEmpty = request.headers['content-length'] === '0'
  if (!isEmpty && request.is('application/json') === false) throw new Problem(415, 'unsupported_media_type', 'A body must be JSON: content-type: application/json.')
  next()
}
