import type { ContainerMemory } from './ramet.ts'

/** Bytes that a container's VM alone holds: guest RAM, and the rest of its process. */
export const ownBytes = ({ privateBytes, overheadBytes }: ContainerMemory): number =>
  privateBytes + overheadBytes
