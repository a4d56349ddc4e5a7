import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { capture } from './index.ts'

const PAGE = 4096
let folder: string
let child: ChildProcess

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ramet-memory-'))
  child = spawn('sleep', ['1000'])
})
afterEach(async () => {
  child.kill('SIGKILL')
  await rm(folder, { recursive: true })
})

/** The stack of a process that sleeps: memory that it alone holds, and that stays as it is. */
async function stack(pid: number): Promise<{ address: bigint; bytes: number }> {
  for (;;) {
    const maps = await readFile(`/proc/${pid}/maps`, 'utf8')
    const found = /^([0-9a-f]+)-([0-9a-f]+) .*\[stack\]$/m.exec(maps)
    if (!found) continue
    const [start, end] = [BigInt(`0x${found[1]}`), BigInt(`0x${found[2]}`)]
    return { address: start, bytes: Number(end - start) }
  }
}

async function memoryOf(pid: number, address: bigint, bytes: number): Promise<Buffer> {
  await using memory = await open(`/proc/${pid}/mem`)
  const data = Buffer.alloc(bytes)
  await memory.read(data, 0, bytes, Number(address))
  return data
}

test('a file becomes what a process holds, and only what differs is written', async () => {
  const pid = child.pid!
  // Until the program runs it is its parent's copy.
  while (!(await readFile(`/proc/${pid}/stat`, 'utf8')).includes('(sleep) S')) continue
  const { address, bytes } = await stack(pid)
  await using file = await open(join(folder, 'ram'), 'w+')
  await file.truncate(bytes)
  const read = { pid, address, bytes, fd: file.fd }
  const first = await capture(read)
  expect(first.pages).toBeGreaterThan(0)
  expect(first.written).toBeLessThanOrEqual(first.pages)
  const held = await memoryOf(pid, address, bytes)
  expect((await readFile(join(folder, 'ram'))).equals(held)).toBe(true)
  expect(await capture(read)).toMatchObject({ written: 0 })

  // One byte of a page that it holds, not of one that it never touched.
  const page = held.findIndex((byte) => byte !== 0)
  await file.write(Buffer.from([held[page]! ^ 1]), 0, 1, page)
  expect(await capture(read)).toMatchObject({ written: 1 })
  expect((await readFile(join(folder, 'ram'))).equals(held)).toBe(true)
  expect(bytes % PAGE).toBe(0)
})

test('a process that is gone is said so, with the number of the error', async () => {
  await using file = await open(join(folder, 'ram'), 'w+')
  await expect(capture({ pid: 2 ** 30, address: 0x1000n, bytes: PAGE, fd: file.fd })).rejects.toMatchObject({
    errno: 2,
    message: expect.stringMatching(/^cannot look at the VM's memory/) as string,
  })
})
