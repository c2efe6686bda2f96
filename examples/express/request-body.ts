import express, { type RequestHandler } from 'express'
import { Problem } from './answers/problem.js'

/** Reads JSON of at most 16 kB, and refuses everything else. */
export function readBody(): RequestHandler[] {
  return [express.json({ limit: 16 * 1024 }), refuseOtherTypes]
}

const refuseOtherTypes: RequestHandler = (request, _response, next) => {
  // Many clients send a length of 0 without a type. `null` means that nothing announces a body.
  const isEmpty = request.headers['content-length'] === '0'
  if (!isEmpty && request.is('application/json') === false)
    throw new Problem(415, 'unsupported_media_type', 'The body must be JSON, with content-type: application/json.')
  next()
}
