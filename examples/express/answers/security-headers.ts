/** The options for helmet, the same in Express and Fastify. */
export interface SecurityHeaders {
  contentSecurityPolicy: { useDefaults: false; directives: Record<string, string[]> }
  xFrameOptions: { action: 'deny' }
  referrerPolicy: { policy: 'no-referrer' }
}

/** The headers of every answer: scripts and styles come only from this server, and never inline. */
export const SECURITY_HEADERS: Readonly<SecurityHeaders> = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      fontSrc: ["'self'"],
      manifestSrc: ["'self'"],
      connectSrc: ["'self'"],
      formAction: ["'self'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  xFrameOptions: { action: 'deny' },
  referrerPolicy: { policy: 'no-referrer' },
}
