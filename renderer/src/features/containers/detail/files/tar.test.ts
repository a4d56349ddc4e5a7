import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { firstFile, newFile, rewritten } from './tar.ts'

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'ramet-tar-'))))
afterEach(() => rmSync(folder, { recursive: true }))

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const tar = (args: string[], input?: Uint8Array): Buffer =>
  execFileSync('tar', ['-C', folder, ...args], { input })

test.each(['a.txt', 'ü.txt', `${'long'.repeat(40)}.txt`])('a new file is what tar unpacks: %s', (name) => {
  tar(['-x'], newFile(name, bytes('content'), 1_700_000_000_000))
  expect(readFileSync(join(folder, name), 'utf8')).toBe('content')
})

test('a new folder', () => {
  tar(['-x'], newFile('dir/', new Uint8Array(0), 0))
  expect(statSync(join(folder, 'dir')).isDirectory()).toBe(true)
})

test.each(['gnu', 'posix', 'ustar'])(
  'a file that tar packed (%s) is read, and written back with its mode',
  (format) => {
    const name = format === 'ustar' ? 'file' : 'f'.repeat(150)
    writeFileSync(join(folder, name), 'before', { mode: 0o750 })
    const file = firstFile(tar([`--format=${format}`, '-c', name]))!
    expect([file.type, new TextDecoder().decode(file.content)]).toEqual(['0', 'before'])
    rmSync(join(folder, name))
    tar(['-xp'], rewritten(file, bytes('after, and longer than before')))
    expect(readFileSync(join(folder, name), 'utf8')).toBe('after, and longer than before')
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o750)
  },
)

test('an archive of nothing has no file', () => {
  expect(firstFile(new Uint8Array(1024))).toBeUndefined()
})
