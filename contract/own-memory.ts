import type { ContainerMemory } from './ramet.ts'

/** Bytes that a container's VM alone holds: guest RAM, and the rest of its process. */
export const ownBytes = (memory: Pick<ContainerMemory, 'privateBytes' | 'overheadBytes'>): number =>
  memory.privateBytes + memory.overheadBytes
