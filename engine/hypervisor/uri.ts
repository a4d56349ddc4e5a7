import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/**
 * The libvirt to talk to: a setting's word first; the user's own session daemon for an ordinary user; the driver
 * embedded in this process for root, and where no daemon is installed.
 */
export function libvirtUri(options: {
  setting?: string
  uid: number
  embedRoot: string
  path: string
}): string {
  if (options.setting) return options.setting
  const daemon = ['libvirtd', 'virtqemud'].some((name) =>
    [...options.path.split(delimiter), '/usr/sbin', '/sbin'].some((folder) => existsSync(join(folder, name))),
  )
  return options.uid !== 0 && daemon ? 'qemu:///session' : `qemu:///embed?root=${options.embedRoot}`
}
