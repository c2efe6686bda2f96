/** Short texts without control characters that lesser implementations mix up or lose. The manager accepts each as a session id. */
export const HOSTILE_TEXTS: readonly string[] = [
  '__proto__', 'constructor', 'toString', 'length',
  '.', '..', '...', '../x', '..\\x', '/', '/etc/passwd', 'C:\\x', 'x/../y', '.a', 'a.', '.baileys-sessions', 'creds.json', 'nul.json', 'CON',
  'a/b', 'a__b', 'a\\b', 'a:b', 'a::b', 'a-b', 'a--b', 'a_b', 'a b', 'a+b', 'a=b', 'a@b', 'a%2Fb', 'a%b', 'a%252Fb',
  ' ', ' a', 'a ', '-', '--', '-rf', ':', '::', '~', '0', '1', '10', 'null', 'undefined', 'true',
  'a*', 'a?', '[a]', '{a}', '"', '\'', '`', '$a', '${a}', '|', '<a>', '\'; DROP TABLE sessions; --',
  'session-a', 'session:a', 'creds', 'é', 'e\u0301', 'ß', 'ss', '🦊', '\ufffd', 'ﬁ', 'fi',
]

/** Texts that differ only by case. */
export const CASE_TWINS: readonly string[] = ['Shop', 'shop', 'SHOP', 'É', 'é']

/** Whole texts that are too long, empty, or hold control characters. */
export const AWKWARD_TEXTS: readonly string[] = ['', 'a\u0000', 'a\u0000b', 'a\n', 'a\nb', 'a\r\nb', '\t', '\u007f', 'x'.repeat(300), 'x'.repeat(301), '🦊'.repeat(100)]

/** Texts that hold half of a character, which UTF-8 cannot keep. */
export const HALF_TEXTS: readonly string[] = ['\ud83e', '\ud83e!', '\udd8a', '\ud83d']
