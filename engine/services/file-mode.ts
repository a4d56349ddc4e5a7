/** Go's os.FileMode bits beside the permissions (source: Go's io/fs). */
const GO = {
  directory: 2 ** 31,
  symlink: 2 ** 27,
  device: 2 ** 26,
  pipe: 2 ** 25,
  socket: 2 ** 24,
  setuid: 2 ** 23,
  setgid: 2 ** 22,
  characterDevice: 2 ** 21,
  sticky: 2 ** 20,
}

const KINDS: Record<number, number> = {
  0o040000: GO.directory,
  0o120000: GO.symlink,
  0o060000: GO.device,
  0o020000: GO.device + GO.characterDevice,
  0o010000: GO.pipe,
  0o140000: GO.socket,
}

/** stat(2)'s mode in the bits that Go's clients, Docker's command line among them, read. */
export function goFileMode(mode: number): number {
  const special =
    (mode & 0o4000 ? GO.setuid : 0) + (mode & 0o2000 ? GO.setgid : 0) + (mode & 0o1000 ? GO.sticky : 0)
  return (mode & 0o777) + special + (KINDS[mode & 0o170000] ?? 0)
}
