import type { PathStat } from '../../../../../../contract/docker.ts'
import { joined } from '../../../../api/arrivals.ts'
import { bytes, get, save, upload, withQuery } from '../../../../api/engine.ts'
import { firstFile, newFile, rewritten, type TarFile } from './tar.ts'

/** What is opened in the editor, and what is downloaded as the file itself. */
export const EDIT_MAX = 2 * 1024 * 1024
const DOWNLOAD_MAX = 128 * 1024 * 1024

/** Bits of Go's file mode. */
const FOLDER = 2 ** 31
const LINK = 2 ** 27

export const isFolder = ({ mode }: PathStat): boolean => Math.floor(mode / FOLDER) % 2 === 1
export const isLink = ({ mode }: PathStat): boolean => Math.floor(mode / LINK) % 2 === 1

/** `drwxr-xr-x` */
export function modeText(stat: PathStat): string {
  const rights = 'rwxrwxrwx'.split('').map((letter, at) => (stat.mode & (1 << (8 - at)) ? letter : '-'))
  return `${isFolder(stat) ? 'd' : isLink(stat) ? 'l' : '-'}${rights.join('')}`
}

export const childOf = (folder: string, name: string): string => `${folder.replace(/\/$/, '')}/${name}`
export const parentOf = (path: string): string => path.replace(/\/[^/]*\/?$/, '') || '/'

export const listFiles = (id: string, path: string): Promise<PathStat[]> =>
  get(`/ramet/v1/containers/${id}/files`, { path })

const archive = (id: string, path: string): string => withQuery(`/containers/${id}/archive`, { path })

export async function readFile(id: string, path: string, limit: number): Promise<TarFile | undefined> {
  const parts = await bytes(archive(id, path), limit + 64 * 1024)
  return parts && firstFile(joined(parts))
}

/** Text, where it is that. */
export function textOf(content: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(content)
    return text.includes('\0') ? undefined : text
  } catch {
    return undefined
  }
}

export async function writeFile(id: string, folder: string, file: TarFile, text: string): Promise<void> {
  await put(id, folder, rewritten(file, new TextEncoder().encode(text)))
}

export const makeFolder = (id: string, folder: string, name: string): Promise<void> =>
  put(id, folder, newFile(`${name}/`, new Uint8Array(0), Date.now()))

export async function uploadFile(
  id: string,
  folder: string,
  file: File,
  options: { signal: AbortSignal; onSent(bytes: number): void },
): Promise<void> {
  const header = newFile(file.name, new Uint8Array(0), file.lastModified)
  // The same archive, with the file's own bytes where its content belongs.
  const head = header.slice(0, header.length - 1024)
  setSize(head, file.size)
  const padding = new Uint8Array(((512 - (file.size % 512)) % 512) + 1024)
  await put(id, folder, new Blob([head as Uint8Array<ArrayBuffer>, file, padding]), options)
}

function setSize(head: Uint8Array, size: number): void {
  const last = head.subarray(head.length - 512)
  const digits = `${size.toString(8).padStart(11, '0')}\0`
  for (let at = 0; at < digits.length; at++) last[124 + at] = digits.charCodeAt(at)
  last.fill(32, 148, 156)
  const sum = `${last
    .reduce((total, each) => total + each, 0)
    .toString(8)
    .padStart(6, '0')}\0 `
  for (let at = 0; at < sum.length; at++) last[148 + at] = sum.charCodeAt(at)
}

async function put(
  id: string,
  path: string,
  content: Uint8Array | Blob,
  options?: { signal: AbortSignal; onSent(bytes: number): void },
): Promise<void> {
  const body = content instanceof Blob ? content : new Blob([content as Uint8Array<ArrayBuffer>])
  const stream = await upload({ method: 'PUT', path: archive(id, path) }, body, options)
  stream.close()
}

/** The file itself where it is not too long to be held; anything else as a tar archive. */
export async function download(id: string, path: string, stat: PathStat): Promise<Blob | boolean> {
  if (isFolder(stat) || isLink(stat) || stat.size > DOWNLOAD_MAX)
    return save(archive(id, path), `${stat.name || 'files'}.tar`)
  const file = await readFile(id, path, DOWNLOAD_MAX)
  return file ? new Blob([file.content as Uint8Array<ArrayBuffer>]) : false
}
