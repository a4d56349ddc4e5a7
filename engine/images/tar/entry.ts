export type TarType = 'file' | 'link' | 'symlink' | 'char' | 'block' | 'directory' | 'fifo'

/** Names are byte strings: one character (U+0000 to U+00FF) for each byte, whatever the encoding. */
export interface TarEntry {
  type: TarType
  path: string
  /** Target of a symbolic or hard link. */
  link: string
  /** Permission bits with setuid, setgid and sticky. */
  mode: number
  uid: number
  gid: number
  /** Length in bytes, holes included. */
  size: number
  /** Seconds since 1970, rounded down, and nanoseconds. */
  mtime: number
  mtimeNs: number
  major: number
  minor: number
  /** By full name, for example `user.x`. */
  xattrs: Map<string, Buffer> | undefined
}

/** One run of data in a sparse file. */
export interface Extent {
  offset: number
  length: number
}

/** Called in this order for each entry; `data` only for files, at ascending offsets. */
export interface TarHandler {
  entry(entry: TarEntry): void
  data(chunk: Buffer, offset: number): void
  end(): void
}
