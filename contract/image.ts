/**
 * The part of an image's config that says how its process is run; fields that the image leaves out are undefined.
 * A type, no interface: only so is it assignable to the config of a container, which may have more.
 */
export type ImageConfig = {
  User?: string
  Env?: string[]
  Cmd?: string[]
  Entrypoint?: string[]
  WorkingDir?: string
  ExposedPorts?: Record<string, object>
  Volumes?: Record<string, object>
  Labels?: Record<string, string>
  StopSignal?: string
  /** Seconds. */
  StopTimeout?: number
  Healthcheck?: ImageHealthcheck
  Shell?: string[]
  OnBuild?: string[]
}

/** Times are nanoseconds, as Docker writes them. */
export interface ImageHealthcheck {
  Test?: string[]
  Interval?: number
  Timeout?: number
  StartPeriod?: number
  StartInterval?: number
  Retries?: number
}

export interface ImageHistory {
  created?: string
  createdBy?: string
  comment?: string
  emptyLayer?: boolean
}

export interface Image {
  /** `sha256:…` of the config blob. */
  id: string
  /** Of the manifest of this platform. */
  manifestDigest: string
  manifestType: string
  manifestSize: number
  /** Familiar names, for example `redis:7`. */
  repoTags: string[]
  /** Familiar names with the digest that the registry answered, for example `redis@sha256:…`. */
  repoDigests: string[]
  /** RFC 3339, or empty where the image does not say. */
  created: string
  author: string
  architecture: string
  os: string
  /** Bytes of the config and of the layers as stored. */
  size: number
  /** Digests of the unpacked layers, lowest first. */
  layers: string[]
  config: ImageConfig
  history: ImageHistory[]
}

/** An image as one read-only erofs file. */
export interface ErofsImage {
  path: string
  /** Length of the file, a multiple of 2 MiB. */
  bytes: number
}
