import express, { type Request, type RequestHandler } from 'express'
import { badRequest, Problem } from './answers/problem.js'

/** Reads JSON of at most 16 kB, and refuses what is none. */
export function readBody(): RequestHandler[] {
  return [express.json({ limit: 16 * 1024 }), refuseOtherTypes]
}

/** A field of the body; `undefined` when there is none. */
export function bodyField(request: Request, name: string): unknown {
  const body: unknown = request.body ?? {}
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw badRequest('The body must be a JSON object.')
  return Object.hasOwn(body, name) ? Reflect.get(body, name) : undefined
}

/** A field of the body that must be there, and be text. */
export function requiredText(request: Request, name: string): string {
  const value = bodyField(request, name)
  if (typeof value !== 'string' || value === '') throw badRequest(`The body must have a text "${name}".`)
  return value
}

const refuseOtherTypes: RequestHandler = (request, _response, next) => {
  // `null` when there is no body.
  if (request.is('application/json') === false) throw new Problem(415, 'unsupported_media_type', 'A body must be JSON: content-type: application/json.')
  next()
}
