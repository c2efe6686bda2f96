/** What helmet is told, in Express and in Fastify alike. */
export interface SecurityHeaders {
  contentSecurityPolicy: { useDefaults: false, directives: Record<string, string[]> }
  xFrameOptions: { action: 'deny' }
  referrerPolicy: { policy: 'no-referrer' }
}

/** The headers of every answer: scripts and styles come from this server only, and none stands in the page itself. */
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
