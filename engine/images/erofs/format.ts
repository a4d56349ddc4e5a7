/**
 * Facts of the erofs on-disk format, as the kernel's fs/erofs/erofs_fs.h states them (Linux 5.13 and later: only
 * features that every one of them knows are used). All figures little-endian.
 */
export const BLOCK_BITS = 12
export const BLOCK_SIZE = 1 << BLOCK_BITS
export const SUPER_OFFSET = 1024
export const SUPER_SIZE = 128
export const SUPER_MAGIC = 0xe0f5e1e2
export const COMPAT_SB_CHECKSUM = 0x1
export const COMPAT_MTIME = 0x2

/** Inodes are addressed in slots of this many bytes from the start of the metadata. */
export const SLOT_SIZE = 32
export const INODE_SIZE = 64
export const DIRENT_SIZE = 12

/** i_format: bit 0 says extended inode, the next three the data's layout. */
export const FORMAT_PLAIN = 1 | (0 << 1)
export const FORMAT_INLINE = 1 | (2 << 1)

export const FILE_TYPE = { file: 1, directory: 2, char: 3, block: 4, fifo: 5, symlink: 7 } as const
export const MODE_TYPE = {
  file: 0o100000,
  directory: 0o040000,
  char: 0o020000,
  block: 0o060000,
  fifo: 0o010000,
  symlink: 0o120000,
} as const

export const XATTR_HEADER_SIZE = 12
/** Name prefixes that are stored as a number; the posix ACLs have no name beyond it. */
export const XATTR_PREFIXES: readonly (readonly [number, string])[] = [
  [2, 'system.posix_acl_access'],
  [3, 'system.posix_acl_default'],
  [1, 'user.'],
  [4, 'trusted.'],
  [6, 'security.'],
]

/** virtio-pmem maps whole huge pages. */
export const FILE_ALIGN = 2 * 1024 * 1024

export const blocksOf = (bytes: number): number => Math.ceil(bytes / BLOCK_SIZE)
export const alignUp = (value: number, to: number): number => Math.ceil(value / to) * to
