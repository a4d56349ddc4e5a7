/** One mount of a container, as its record keeps it: what was asked for, not what is there now. */
export interface MountRecord {
  type: 'bind' | 'volume' | 'tmpfs'
  /** Absolute, without a slash at its end. */
  target: string
  /** Of a bind a path of the workstation, of a volume its name. */
  source: string
  readOnly: boolean
  /** The third part of `SOURCE:TARGET:MODE`, as it was given. */
  mode: string
  /** Of a tmpfs, for the kernel. */
  options?: string[]
  /** Of a volume: what of it is mounted. */
  subpath?: string
  /** Of a volume: what the image has at the target is not copied into it. */
  noCopy?: boolean
  /** Of a bind: a source that is not there is refused, instead of made. */
  mustExist?: boolean
  /** Of a bind: it lies at, or in, a volume that the image declares, where a program keeps its data. */
  isData?: boolean
  /** A volume that was made for this container alone: it goes with `--rm`, and with `rm -v`. */
  anonymous?: boolean
  /** It came of `Tmpfs`, which Docker does not list among the mounts. */
  unlisted?: boolean
}

/** Parents before what lies in them: the order in which they are mounted. */
export function inOrder(mounts: MountRecord[]): MountRecord[] {
  const depth = ({ target }: MountRecord): number => target.split('/').length
  return [...mounts].sort((one, other) => depth(one) - depth(other))
}
