import type { QuickLaunch } from '../../contract/ramet.ts'
import { inert } from './tray/text.ts'

/** Menus of desktops show a handful. */
const LAUNCHES_MAX = 5

/** The entry's name without its ending, as `desktopName` in package.json has it. */
export const DESKTOP_ID = 'org.ramet.Ramet'

/** How the application is started: the program, and before any of its own words those of a development run. */
export type Exec = readonly [string, ...string[]]

/**
 * Serves: .desktop actions. The entry as the freedesktop.org specification has it: pinned quick launches, then what the
 * tray offers too, for desktops that have none.
 */
export function desktopEntry({ exec, launches }: { exec: Exec; launches: QuickLaunch[] }): string {
  const actions = [
    ...launches.slice(0, LAUNCHES_MAX).map(({ id, title }) => ({
      key: `launch-${id}`,
      name: `Run ${inert(title)}`,
      word: `--launch=${id}`,
    })),
    { key: 'run', name: 'Run an image…', word: 'ramet://run' },
    { key: 'stop-all', name: 'Stop all containers…', word: '--stop-all' },
    { key: 'quit', name: 'Quit…', word: '--quit' },
  ]
  return [
    '[Desktop Entry]',
    'Type=Application',
    'Name=Ramet',
    'GenericName=Containers as light VMs',
    'Comment=Run Docker images as isolated light virtual machines',
    `Exec=${execLine(exec)} %u`,
    'Icon=ramet',
    'Terminal=false',
    'Categories=Development;',
    'Keywords=docker;container;vm;image;',
    'MimeType=x-scheme-handler/ramet;',
    `StartupWMClass=${DESKTOP_ID}`,
    `Actions=${actions.map(({ key }) => `${key};`).join('')}`,
    ...actions.flatMap(({ key, name, word }) => [
      '',
      `[Desktop Action ${key}]`,
      `Name=${text(name)}`,
      `Exec=${execLine([...exec, word])}`,
    ]),
    '',
  ].join('\n')
}

/** Serves: start at login. For `$XDG_CONFIG_HOME/autostart`: only the tray. */
export function autostartEntry(exec: Exec): string {
  return [
    '[Desktop Entry]',
    'Type=Application',
    'Name=Ramet',
    'Comment=Containers as light VMs, in the tray',
    `Exec=${execLine([...exec, '--hidden'])}`,
    'Icon=ramet',
    'Terminal=false',
    '',
  ].join('\n')
}

/** A value of type string: a backslash begins an escape there. */
const text = (value: string): string => value.replaceAll('\\', '\\\\')

/** Words quoted for the desktop's own reading of `Exec`, then as a value of type string. */
function execLine(words: readonly string[]): string {
  return text(words.map(quoted).join(' '))
}

function quoted(word: string): string {
  const plain = word.replaceAll('%', '%%')
  return /^[\w./:=%-]+$/.test(plain) ? plain : `"${plain.replace(/["`$\\]/g, '\\$&')}"`
}
