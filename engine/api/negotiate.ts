/**
 * The media type of `offered` that an `Accept` header likes best; of equals the one offered first, which is also what a
 * client gets that likes none.
 */
export function negotiate<Type extends string>(accept: string | undefined, offered: readonly Type[]): Type {
  const ranges = (accept ?? '*/*').split(',').map(parseRange)
  const quality = (type: string): number => {
    const [group] = type.split('/', 1)
    // The most specific range that covers a type decides.
    const found = [type, `${group}/*`, '*/*'].map((name) => ranges.find((range) => range.name === name))
    return found.find((range) => range !== undefined)?.quality ?? 0
  }
  return offered.reduce((best, type) => (quality(type) > quality(best) ? type : best))
}

function parseRange(text: string): { name: string; quality: number } {
  const [name = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const quality = parameters.find((parameter) => /^q=/.test(parameter))?.slice(2)
  return { name, quality: quality === undefined ? 1 : Number(quality) || 0 }
}
