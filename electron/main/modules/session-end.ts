import type { PowerMonitor } from 'electron'

/** Serves: the desktop's session ends, or the machine goes down: nobody is asked, and nothing is held up. */
export function endWithSession({ powerMonitor }: { powerMonitor: PowerMonitor }, end: () => void): void {
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) process.on(signal, end)
  powerMonitor.on('shutdown', end)
}
