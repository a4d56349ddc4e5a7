/** Where Ramet keeps its files; docs/on-disk.md says what stands in each. All are absolute folders but `socket`. */
export interface Paths {
  /** Images, templates, disks, volumes: what a backup would hold. */
  data: string
  /** Logs and the containers' output. */
  state: string
  /** Settings that the user writes. */
  config: string
  /** Sockets; gone after a reboot. */
  runtime: string
  /** The API's unix socket. */
  socket: string
  /** What can be made again: guest kits, probe results. */
  cache: string
}

/**
 * The folders of the user `uid` under the environment `env`; reads and makes nothing.
 * Throws when a folder hangs on the home folder and `HOME` is not set.
 */
export function paths(env: Record<string, string | undefined>, uid: number): Paths {
  const home = (folder: string): string => {
    if (!env.HOME) throw new Error(`cannot find ${folder}: HOME is not set; set HOME or RAMET_HOME`)
    return `${env.HOME}/${folder}`
  }
  // The XDG specification: a value that is not an absolute path is invalid and to be ignored.
  const xdg = (name: string, fallback: () => string): string => {
    const value = env[name]
    return `${value?.startsWith('/') ? trimmed(value) : fallback()}/ramet`
  }
  const cache = env.RAMET_CACHE || xdg('XDG_CACHE_HOME', () => home('.cache'))
  if (env.RAMET_HOME) {
    const root = trimmed(env.RAMET_HOME)
    const runtime = `${root}/run`
    return {
      data: `${root}/data`,
      state: `${root}/state`,
      config: `${root}/config`,
      runtime,
      socket: `${runtime}/docker.sock`,
      cache,
    }
  }
  const runtime = env.XDG_RUNTIME_DIR?.startsWith('/')
    ? `${trimmed(env.XDG_RUNTIME_DIR)}/ramet`
    : `/tmp/ramet-${uid}`
  return {
    data: xdg('XDG_DATA_HOME', () => home('.local/share')),
    state: xdg('XDG_STATE_HOME', () => home('.local/state')),
    config: xdg('XDG_CONFIG_HOME', () => home('.config')),
    runtime,
    socket: `${runtime}/docker.sock`,
    cache,
  }
}

const trimmed = (folder: string): string => folder.replace(/\/+$/, '')
