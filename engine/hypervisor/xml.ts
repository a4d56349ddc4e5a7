const ESCAPED: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
}
/** What XML 1.0 has no way to write: control characters, halves of pairs. */
const IMPOSSIBLE = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u

/**
 * An element, built as a tree: text gets into XML here and nowhere else, and always escaped. Names are the code's own
 * and are not checked.
 */
export class Element {
  readonly #name: string
  readonly #attributes: [string, string][]
  readonly #children: (Element | string)[] = []

  constructor(name: string, attributes: Record<string, string> = {}) {
    this.#name = name
    this.#attributes = Object.entries(attributes)
  }

  /** Adds an element, and answers it. */
  ele(name: string, attributes?: Record<string, string>): Element {
    const child = new Element(name, attributes)
    this.#children.push(child)
    return child
  }

  txt(text: string): this {
    this.#children.push(text)
    return this
  }

  /** Throws TypeError where a text holds what XML cannot say. */
  toString(indent = ''): string {
    const attributes = this.#attributes.map(([name, value]) => ` ${name}="${escaped(value)}"`).join('')
    const open = `${indent}<${this.#name}${attributes}`
    if (this.#children.length === 0) return `${open}/>`
    const hasText = this.#children.some((child) => typeof child === 'string')
    const inner = this.#children.map((child) =>
      typeof child === 'string' ? escaped(child) : child.toString(hasText ? '' : `${indent}  `),
    )
    return hasText
      ? `${open}>${inner.join('')}</${this.#name}>`
      : `${open}>\n${inner.join('\n')}\n${indent}</${this.#name}>`
  }
}

function escaped(text: string): string {
  if (IMPOSSIBLE.test(text)) throw new TypeError(`${JSON.stringify(text)} cannot be written as XML`)
  return text.replace(/[&<>"\t\n\r]/g, (character) => ESCAPED[character]!)
}
