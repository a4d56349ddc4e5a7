import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { release } from './index.ts'

/** Bytes of the program's own code that this process has mapped. */
async function program(): Promise<number> {
  const smaps = await readFile('/proc/self/smaps', 'utf8')
  const code = smaps
    .split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)
    .filter((part) => /^\S+ r-xp .* \/.*node\n/.test(part))
  return code.reduce((sum, part) => sum + Number(/^Rss:\s+(\d+)/m.exec(part)![1]) * 1024, 0)
}

test('the program runs on, with less of it mapped', async () => {
  const before = await program()
  await release()
  const after = await program()
  expect(before).toBeGreaterThan(0)
  expect(after).toBeLessThan(before)
  // Code of all kinds still does what it did.
  expect(JSON.parse('{"a":[1,2,3]}')).toEqual({ a: [1, 2, 3] })
  expect(new Intl.NumberFormat('de').format(1234.5)).toBe('1.234,5')
})
