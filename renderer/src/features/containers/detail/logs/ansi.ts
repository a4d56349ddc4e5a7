export interface Span {
  text: string
  /** Classes of its colours. */
  look: string
}

const ESC = '\u001b'
/** Of all escapes only colours mean something here; the rest, whatever it would do to a terminal, is dropped. */
const ESCAPES =
  // eslint-disable-next-line no-control-regex
  /\u001b\[([0-9;:]*)m|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b\[[0-?]*[ -/]*[@-~]?|\u001b[PX^_][^\u001b]*(?:\u001b\\)?|\u001b[ -/]*[0-~]?|[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g

/** What is read: without escapes and controls. */
export const plain = (line: string): string => line.replace(ESCAPES, '')

export const hasColours = (line: string): boolean => line.includes(ESC)

interface Look {
  colour?: number
  bright?: boolean
  bold?: boolean
  dim?: boolean
  italic?: boolean
  underline?: boolean
}

/** A line in pieces of one look each. */
export function spans(line: string): Span[] {
  const found: Span[] = []
  let look: Look = {}
  let at = 0
  const push = (text: string): void => {
    if (text) found.push({ text, look: classes(look) })
  }
  for (const match of line.matchAll(ESCAPES)) {
    push(line.slice(at, match.index))
    at = match.index + match[0].length
    if (match[1] !== undefined) look = coloured(look, match[1])
  }
  push(line.slice(at))
  return found
}

function coloured(look: Look, codes: string): Look {
  const numbers = codes.split(/[;:]/).map(Number)
  const next = { ...look }
  for (let at = 0; at < numbers.length; at++) {
    const code = numbers[at] ?? 0
    if (code === 0) return at === numbers.length - 1 ? {} : coloured({}, numbers.slice(at + 1).join(';'))
    if (code === 1) next.bold = true
    else if (code === 2) next.dim = true
    else if (code === 3) next.italic = true
    else if (code === 4) next.underline = true
    else if (code === 22) next.bold = next.dim = false
    else if (code >= 30 && code <= 37) Object.assign(next, { colour: code - 30, bright: false })
    else if (code >= 90 && code <= 97) Object.assign(next, { colour: code - 90, bright: true })
    else if (code === 39) next.colour = undefined
    else if (code === 38 || code === 48) {
      const mode = numbers[at + 1]
      const index = numbers[at + 2] ?? 0
      if (code === 38 && mode === 5 && index < 16)
        Object.assign(next, { colour: index % 8, bright: index > 7 })
      at += mode === 5 ? 2 : 4
    }
  }
  return next
}

function classes({ colour, bright, bold, dim, italic, underline }: Look): string {
  return [
    colour !== undefined && `c${colour}${bright ? 'b' : ''}`,
    bold && 'bold',
    dim && 'dim',
    italic && 'italic',
    underline && 'underline',
  ]
    .filter(Boolean)
    .join(' ')
}
