/** Where lines stand when long ones take several rows: each piece of a line is as wide as the view. */
export class LineWindow {
  /** Rows above each line, and of all at the end. */
  #tops = new Float64Array(1024)
  #count = 0
  #columns = 0

  get count(): number {
    return this.#count
  }

  get rows(): number {
    return this.#tops[this.#count]!
  }

  clear(columns: number): void {
    this.#count = 0
    this.#columns = columns
  }

  /** 0 columns: lines are not wrapped. */
  get columns(): number {
    return this.#columns
  }

  add(text: string): void {
    if (this.#count + 2 > this.#tops.length) {
      const longer = new Float64Array(this.#tops.length * 2)
      longer.set(this.#tops)
      this.#tops = longer
    }
    const rows = this.#columns === 0 ? 1 : Math.max(1, Math.ceil(width(text) / this.#columns))
    this.#tops[this.#count + 1] = this.#tops[this.#count]! + rows
    this.#count++
  }

  top(line: number): number {
    return this.#tops[line]!
  }

  /** The line that stands at a row. */
  at(row: number): number {
    let [low, high] = [0, this.#count - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#tops[middle]! <= row) low = middle
      else high = middle - 1
    }
    return Math.max(0, low)
  }
}

const PLAIN = /^[\t -~]*$/

/** Columns that a text takes; signs of East Asia take two. */
function width(text: string): number {
  if (PLAIN.test(text)) return text.length
  let columns = 0
  for (const sign of text) columns += sign.codePointAt(0)! >= 0x1100 ? 2 : 1
  return columns
}
