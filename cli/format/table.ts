const GAP = '   '

/** Columns under their headings, as wide as their widest cell; the last is not padded. Ends with a line break. */
export function table(headings: string[], rows: string[][]): string {
  const lines = [headings, ...rows]
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => width(line[column] ?? ''))))
  return lines
    .map((line) => {
      const cells = headings.map((_, column) => line[column] ?? '')
      const padded = cells.map((cell, column) => cell + ' '.repeat(widths[column]! - width(cell)))
      return `${padded.join(GAP).trimEnd()}\n`
    })
    .join('')
}

/** Code points, not UTF-16 units: the ellipsis and names beyond ASCII stay in line. */
const width = (cell: string): number => [...cell].length

/** Cut to `length` characters, the last of them an ellipsis. */
export function ellipsis(text: string, length: number): string {
  const characters = [...text]
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`
}

/** What `--json` prints. */
export function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}
