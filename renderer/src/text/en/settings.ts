export const title = 'Settings'
export const appearance = 'Appearance'
export const theme = 'Theme'
export const themes = { system: 'As the system', light: 'Light', dark: 'Dark' }
export const engine = 'Engine'
export const facts = {
  version: 'Version',
  accelerator: 'Acceleration',
  libvirt: 'libvirt',
  qemu: 'QEMU',
  kernel: 'Guest kernel',
  kit: 'Guest kit',
  home: 'Data',
  pid: 'Process',
}
export const accelerators = {
  kvm: 'KVM (hardware)',
  tcg: 'Software emulation: slow, and no isolation is claimed',
}
export const docker = 'Docker'
export const dockerHint = 'Point docker, compose and your test suites at Ramet:'
export const dockerForGood = 'Or for good, as a docker context:'
export const logs = 'Logs'
export const wrap = 'Wrap long lines'
export const desktop = 'Desktop'
export const startAtLogin = 'Start at login'
export const keepInTray = 'Stay in the tray when the window closes'
export const notifications = 'Notify when'
export const notificationKinds = {
  exited: 'a container ends with an error',
  unhealthy: 'a container becomes unhealthy',
  outOfMemory: 'a container runs out of memory',
  pulled: 'a pull is done',
}
export const noTray =
  'This desktop shows no tray icons; the menu of the application’s launcher has the quick launches.'
export const browserOnly =
  'Start at login, the tray and notifications belong to the desktop application; this is the browser console.'
export const files =
  'Limits, registries without TLS and the libvirt connection are set where the engine starts:'
export const settingsFile =
  'settings.json in the configuration folder holds insecureRegistries; RAMET_ACCEL and RAMET_LIBVIRT_URI choose acceleration and connection.'
export const keys = 'Keys'
export const shortcuts: [string, string][] = [
  ['Ctrl K', 'Search and commands'],
  ['Ctrl N', 'Run a container'],
  ['/', 'Search this page'],
  ['↑ ↓', 'Move in a list'],
  ['Enter', 'Open'],
  ['Space', 'Select'],
  [
    'G, then a letter',
    'Go to a page: M emory, C ontainers, I mages, T emplates, V olumes, N etworks, A ctivity, S ettings, H ealth',
  ],
]

export const doctor = {
  title: 'Health of this computer',
  again: 'Check again',
  checking: 'Checking…',
  ok: 'Everything that Ramet needs is here.',
  failed: 'Something that Ramet needs is missing.',
  warned: 'Ramet works here, with reservations.',
  status: { ok: 'good', warning: 'could be better', failed: 'missing' },
}
export const welcome = {
  title: 'Welcome to Ramet',
  detail:
    'Every container is a small machine of its own that costs almost nothing. First, what this computer has:',
  next: 'Run the first container',
  done: 'Show me the memory',
}
