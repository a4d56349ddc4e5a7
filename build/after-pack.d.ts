export const FUSES: object
export default function afterPack(context: {
  appOutDir: string
  packager: { executableName: string }
}): Promise<void>
