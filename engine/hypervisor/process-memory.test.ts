import { expect, test } from 'vitest'
import { readAnonymousBytes, sumMappings } from './process-memory.ts'

const MIB = 1024 * 1024

function mapping(
  path: string,
  sizes: { size: number; rss: number; pss: number; anonymous: number },
  permissions = 'rw-p',
): string {
  return [
    `7f0000000000-7f0010000000 ${permissions} 00000000 08:01 42                         ${path}`,
    `Size:           ${sizes.size} kB`,
    `Rss:            ${sizes.rss} kB`,
    `Pss:            ${sizes.pss} kB`,
    `Private_Dirty:  ${sizes.rss} kB`,
    `Anonymous:      ${sizes.anonymous} kB`,
  ].join('\n')
}

const layout = { ramFile: '/t/ram', memoryBytes: 256 * MIB, imageFile: '/i/x.erofs' }
const rest = mapping('/usr/bin/qemu', { size: 9000, rss: 4000, pss: 1000, anonymous: 0 })

test('a clone: copied pages are private, the template and the image are shared, the rest is overhead', () => {
  const smaps = [
    mapping('/t/ram', { size: 262144, rss: 9216, pss: 3000, anonymous: 1024 }),
    mapping('/i/x.erofs', { size: 2048, rss: 512, pss: 128, anonymous: 0 }),
    rest,
  ].join('\n')
  expect(sumMappings(smaps, layout)).toEqual({
    privateBytes: 1024 * 1024,
    sharedBytes: 8192 * 1024,
    imageBytes: 512 * 1024,
    overheadBytes: 1000 * 1024,
    overheadPrivateBytes: 0,
    translatedBytes: 0,
  })
})

test('a template that was removed while clones run still counts as theirs', () => {
  const smaps = mapping('/t/ram (deleted)', { size: 262144, rss: 4096, pss: 1000, anonymous: 96 })
  expect(sumMappings(smaps, layout).privateBytes).toBe(96 * 1024)
})

test('a cold VM: its RAM is the anonymous mapping of that size', () => {
  const smaps = [
    mapping('', { size: 262144, rss: 190000, pss: 190000, anonymous: 190000 }),
    mapping('', { size: 4096, rss: 100, pss: 100, anonymous: 100 }),
    // Code that is translated under software emulation.
    mapping('', { size: 1048576, rss: 60000, pss: 60000, anonymous: 60000 }, 'rwxp'),
    rest,
  ].join('\n')
  const memory = sumMappings(smaps, { memoryBytes: 256 * MIB, imageFile: '/i/x.erofs' })
  expect(memory.privateBytes).toBe(190000 * 1024)
  expect(memory.overheadBytes).toBe(61100 * 1024)
  expect(memory.overheadPrivateBytes).toBe(60100 * 1024)
  expect(memory.translatedBytes).toBe(60000 * 1024)
})

test('what a process alone holds grows by what it takes', async () => {
  const before = await readAnonymousBytes(process.pid)
  const taken = Buffer.alloc(64 * MIB, 1)
  const grown = (await readAnonymousBytes(process.pid)) - before
  expect(taken[0]).toBe(1)
  expect(grown).toBeGreaterThan(48 * MIB)
  expect(grown).toBeLessThan(128 * MIB)
})
