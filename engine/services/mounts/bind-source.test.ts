import { createServer } from 'node:net'
import { execFile } from 'node:child_process'
import {
  mkdir,
  mkdtemp,
  open,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { BindSources } from './bind-source.ts'
import { descriptorPath, O_PATH, RefusedFolders } from './refused.ts'
import { FILE_NAME, shareFile } from './shared-file.ts'

let folder: string
let sources: BindSources

const at = (...names: string[]): string => join(folder, ...names)
const openAt = async (path: string, make = false): Promise<string> => {
  const { kind, handle } = await sources.open(path, { make })
  await handle.close()
  return kind
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ramet-binds-'))
  await mkdir(at('own/deep'), { recursive: true })
  await mkdir(at('free'))
  await writeFile(at('own/secret'), 'secret')
  await writeFile(at('free/file'), 'free')
  sources = new BindSources({
    refused: new RefusedFolders({ [at('own')]: 'Ramet' }),
    apiSocket: at('own/docker.sock'),
  })
})

afterEach(() => rm(folder, { recursive: true }))

test('folders, files and sockets are told apart', async () => {
  const server = createServer().listen(at('free/socket'))
  await new Promise((resolve) => server.once('listening', resolve))
  expect(await openAt(at('free'))).toBe('folder')
  expect(await openAt(at('free/file'))).toBe('file')
  expect(await openAt(at('free/socket'))).toBe('socket')
  server.close()
  await promisify(execFile)('mkfifo', [at('free/pipe')])
  await expect(openAt(at('free/pipe'))).rejects.toThrow('no folder, file or unix socket')
})

test.each(['/proc', '/proc/self', '/sys', '/sys/kernel', '/dev', '/dev/shm', '/'])(
  '%s is refused',
  async (path) => {
    await expect(openAt(path)).rejects.toMatchObject({ code: 'FORBIDDEN' })
  },
)

test('Ramet’s folders are refused with all in them, by whatever name, and what lies above is not', async () => {
  await symlink(at('own/deep'), at('link'))
  for (const path of ['own', 'own/deep', 'own/secret', 'link', 'free/../own', 'own/docker.sock']) {
    if (path.endsWith('.sock')) await writeFile(at(path), '')
    const result = openAt(at(path))
    if (path.endsWith('.sock')) expect(await result).toBe('file')
    else await expect(result).rejects.toThrow('cannot be bound: it belongs to Ramet')
  }
  expect(await openAt(folder)).toBe('folder')
})

test('what is missing is made where that is wanted, but never in a refused folder', async () => {
  await expect(openAt(at('free/a/b'))).rejects.toThrow('bind source path does not exist')
  expect(await openAt(at('free/a/b'), true)).toBe('folder')
  expect((await stat(at('free/a/b'))).mode & 0o777).toBe(0o755)
  await symlink(at('own'), at('link'))
  for (const path of ['own/new', 'link/new/er']) {
    await expect(openAt(at(path), true)).rejects.toThrow('it belongs to Ramet')
  }
  await expect(stat(at('own/new'))).rejects.toThrow('ENOENT')
  await expect(openAt(at('free/file/x'), true)).rejects.toThrow('ENOTDIR')
})

test('Docker’s socket is the API, whatever stands under its name', async () => {
  const server = createServer().listen(at('own/docker.sock'))
  await new Promise((resolve) => server.once('listening', resolve))
  expect(await openAt('/var/run/docker.sock')).toBe('socket')
  server.close()
})

test('however a name is swapped, what is opened is never refused', { timeout: 120_000 }, async () => {
  let swaps = 0
  let going = true
  const swap = async (): Promise<void> => {
    while (going) {
      for (const target of ['own', 'free']) {
        await symlink(at(target), at('next'))
        await rename(at('next'), at('name'))
        swaps++
      }
    }
  }
  await symlink(at('free'), at('name'))
  const swapping = swap()
  const seen = { free: 0, refused: 0 }
  while (swaps < 10_000) {
    try {
      const { handle } = await sources.open(at('name'), { make: false })
      await expect(readFile(`${descriptorPath(handle)}/secret`)).rejects.toThrow('ENOENT')
      expect(await readFile(`${descriptorPath(handle)}/file`, 'utf8')).toBe('free')
      await handle.close()
      seen.free++
    } catch (error) {
      expect(error).toMatchObject({ code: 'FORBIDDEN' })
      seen.refused++
    }
  }
  going = false
  await swapping
  expect(seen.free).toBeGreaterThan(0)
  expect(seen.refused).toBeGreaterThan(0)
})

test('a file is shared alone, and stays the same file', async () => {
  const source = await sources.open(at('free/file'), { make: false })
  await shareFile(source, at('own/shared'), { given: at('free/file'), readOnly: false })
  await writeFile(at('own/shared', FILE_NAME), 'changed')
  expect(await readFile(at('free/file'), 'utf8')).toBe('changed')
  await source.handle.close()
})

test('a file of another file system is copied, but only where nobody would write to it', async () => {
  await using other = {
    path: `/dev/shm/ramet-${process.pid}`,
    [Symbol.asyncDispose]: () => unlink(other.path),
  }
  await writeFile(other.path, 'far away')
  // The real ones of /dev are refused as a place, so the judge is passed over here.
  const handle = await open(other.path, O_PATH)
  const source = { kind: 'file' as const, handle, mode: 0, uid: 0, gid: 0 }
  const share = (readOnly: boolean) => shareFile(source, at('own/shared'), { given: other.path, readOnly })
  await expect(share(false)).rejects.toThrow('bind its folder, or add :ro')
  await share(true)
  expect(await readFile(at('own/shared', FILE_NAME), 'utf8')).toBe('far away')
  await handle.close()
})
