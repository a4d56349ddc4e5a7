/** What a line of a menu or a notification holds at most, in characters as people count them. */
const LABEL_MAX = 60

/**
 * A name of somebody else's as text that does nothing: no control characters, no marks that turn the direction or join
 * or hide letters, no line ends; in one line and bounded.
 */
export function inert(text: string, max = LABEL_MAX): string {
  // Bounded first: a label may be megabytes.
  const clean = text
    .slice(0, max * 20)
    // Control, format (direction marks and zero widths among them), private use, half surrogates, line separators.
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ')
    // More marks on a letter than any writing has spill over the neighbouring lines.
    .replace(/(\p{M}{2})\p{M}+/gu, '$1')
    .replace(/\s+/g, ' ')
    .trim()
  const letters = Array.from(new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(clean), (each) => each.segment) // prettier-ignore
  return letters.length > max ? `${letters.slice(0, max - 1).join('')}…` : clean
}

/** The same for a menu, where an ampersand would underline the next letter and make it a key. */
export function menuText(text: string, max = LABEL_MAX): string {
  return inert(text, max).replaceAll('&', '&&')
}

/** The same for the body of a notification, where many desktops take some of HTML for markup. */
export function bodyText(text: string, max = 200): string {
  return inert(text, max).replaceAll('<', '‹').replaceAll('>', '›').replaceAll('&', '＆')
}

/** Bytes as people say them: `1.2 GiB`. Two digits, so that a menu does not change all the time. */
export function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = Math.min(Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)), units.length - 1)
  const value = bytes / 1024 ** power
  return `${value < 10 && power > 0 ? value.toFixed(1) : Math.round(value)} ${units[power]}`
}
