export interface Column<T> {
  key: string
  label: string
  /** A track of CSS grid. */
  width: string
  end?: boolean
  /** The width of the table from which on it is shown. */
  from?: number
  /** What rows are sorted by; absent where they cannot be. */
  sortBy?(row: T): string | number
}

export interface Sorting {
  key: string
  down: boolean
}

export function sorted<T>(rows: readonly T[], columns: readonly Column<T>[], { key, down }: Sorting): T[] {
  const by = columns.find((column) => column.key === key)?.sortBy
  if (!by) return [...rows]
  const order = (one: T, other: T): number => {
    const [a, b] = [by(one), by(other)]
    return typeof a === 'string' ? collator.compare(a, String(b)) : a - Number(b)
  }
  return [...rows].sort((one, other) => (down ? -order(one, other) : order(one, other)))
}

const collator = new Intl.Collator('en', { numeric: true })
