import { expect, test } from 'vitest'
import { benchLivePostgres } from '../bench/live-postgres.ts'

/** The bench, small: under emulation a database of some size takes its time to load. */
test('forks of a running PostgreSQL have its rows, ports of their own, and writes of their own', async () => {
  const result = await benchLivePostgres({ children: 3, rows: 1_000, alone: 1 })
  expect(result).toMatchObject({ children: 3, sameRows: true, ownWrites: true })
}, 900_000)
