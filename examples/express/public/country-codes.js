/** Country calling codes and their regions. Those that several countries share are left out: they name none. */
const REGIONS = new Map(
  // prettier-ignore
  Object.entries({
    AR: 54, AO: 244, AU: 61, AT: 43, BE: 32, BO: 591, BR: 55, CL: 56, CN: 86, CO: 57, CR: 506, CU: 53, CV: 238, CZ: 420, DE: 49, DK: 45, EC: 593, EG: 20,
    ES: 34, FI: 358, FR: 33, GB: 44, GR: 30, GT: 502, HN: 504, HU: 36, ID: 62, IE: 353, IL: 972, IN: 91, JP: 81, KE: 254, KR: 82, MX: 52, MY: 60, MZ: 258,
    NG: 234, NI: 505, NL: 31, NO: 47, NZ: 64, PA: 507, PE: 51, PH: 63, PK: 92, PL: 48, PT: 351, PY: 595, RO: 40, SA: 966, SE: 46, SG: 65, SV: 503, TH: 66,
    TR: 90, UA: 380, AE: 971, UY: 598, VE: 58, VN: 84, ZA: 27,
  }).map(([region, code]) => [String(code), region]),
)

/** The country code that a number begins with, and its region; `null` for one that this page cannot name. @param {string} digits */
export function countryOf(digits) {
  for (const length of [2, 3]) {
    const code = digits.slice(0, length)
    const region = REGIONS.get(code)
    if (region !== undefined) return { code, region }
  }
  return null
}

/** A number as people write it: Brazilian ones as in Brazil, others with their country code apart. @param {string} digits */
export function writtenNumber(digits) {
  const brazilian = /^55(\d\d)(\d{4,5})(\d{4})$/u.exec(digits)
  if (brazilian !== null) return `+55 ${brazilian[1]} ${brazilian[2]}-${brazilian[3]}`
  const code = countryOf(digits)?.code
  return code === undefined ? `+${digits}` : `+${code} ${digits.slice(code.length)}`
}
