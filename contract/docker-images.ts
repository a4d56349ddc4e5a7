/** Docker's shapes of images. */

import type { ContainerConfig } from './docker.ts'

export interface ImageSummary {
  Id: string
  ParentId: string
  RepoTags: string[]
  RepoDigests: string[]
  /** Unix seconds. */
  Created: number
  Size: number
  SharedSize: number
  Labels: Record<string, string>
  Containers: number
  /** Only where it was asked for. */
  Manifests?: ImageManifestSummary[]
}

/** What an image is made of for one platform: that of this machine, others are not kept. */
export interface ImageManifestSummary {
  /** Digest of the manifest. */
  ID: string
  Descriptor: { mediaType: string; digest: string; size: number }
  Available: true
  Kind: 'image'
  /** Bytes as stored, and with the file that VMs map. */
  Size: { Content: number; Total: number }
  ImageData: {
    Platform: { architecture: string; os: string }
    /** Ids. */
    Containers: string[]
    Size: { Unpacked: number }
  }
}

export interface ImageInspect {
  Id: string
  RepoTags: string[]
  RepoDigests: string[]
  Parent: string
  Comment: string
  Created: string
  DockerVersion: string
  Author: string
  Config: ContainerConfig
  /** The same, as it was called before 1.45: docker-compose 1 makes no container anew without it. */
  ContainerConfig: ContainerConfig
  Architecture: string
  Os: string
  Size: number
  GraphDriver: { Name: string; Data: Record<string, string> | null }
  RootFS: { Type: 'layers'; Layers: string[] }
  Metadata: { LastTagTime: string }
  /** Only where it was asked for. */
  Manifests?: ImageManifestSummary[]
}

export interface ImageHistoryItem {
  Id: string
  /** Unix seconds. */
  Created: number
  CreatedBy: string
  Tags: string[] | null
  /** Bytes of the layer as stored. */
  Size: number
  Comment: string
}

export type ImageDeleteItem = { Untagged: string } | { Deleted: string }
