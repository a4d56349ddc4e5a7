/** Docker's shapes of volumes. */

export interface VolumeCreateRequest {
  Name?: string
  Driver?: string
  DriverOpts?: Record<string, string> | null
  Labels?: Record<string, string> | null
  ClusterVolumeSpec?: unknown
}

export interface Volume {
  Name: string
  Driver: string
  /** A folder of the workstation. */
  Mountpoint: string
  /** RFC 3339. */
  CreatedAt: string
  Labels: Record<string, string>
  Options: Record<string, string> | null
  Scope: 'local'
  /** Only where disk usage was asked for. */
  UsageData?: { RefCount: number; Size: number }
}

export interface VolumePruneResponse {
  VolumesDeleted: string[]
  SpaceReclaimed: number
}
