import { EngineError } from '../../../../contract/errors.ts'

/** Options that hold already: the guest confines a container by nothing but its capabilities, the VM by all. */
const HOLDS = ['seccomp=unconfined', 'apparmor=unconfined', 'label=disable']
const NO_NEW_PRIVILEGES = /^no-new-privileges(:true|=true|:false|=false)?$/

/** `--security-opt`: rejects, by name, profiles that nobody here would enforce. */
export function checkSecurityOptions(value: unknown, field: string): undefined {
  for (const option of value as string[]) {
    if (NO_NEW_PRIVILEGES.test(option) || HOLDS.includes(option.replace(':', '='))) continue
    throw new EngineError(
      'NOT_SUPPORTED',
      `${field}: '${option.slice(0, 60)}' is not supported: profiles are not enforced in the guest; ` +
        `use no-new-privileges, and capabilities, or leave it out`,
    )
  }
}

export function noNewPrivileges(options: readonly string[] | null | undefined): boolean {
  return (options ?? []).some((option) => /^no-new-privileges(:true|=true)?$/.test(option))
}

export function checkCgroupns(value: unknown, field: string): undefined {
  if (value === 'private' || value === 'host') return
  throw new EngineError('INVALID_ARGUMENT', `${field}=${String(value)} cannot be: give private or host`)
}
