import type { Menu as ElectronMenu, MenuItemConstructorOptions, Tray as ElectronTray } from 'electron'
import { trayMenu, trayTitle } from '../tray/menu.ts'
import type { TrayAction, TrayLine, TrayModel } from '../tray/model.ts'
import { inert } from '../tray/text.ts'

type Parts = { Tray: typeof ElectronTray; Menu: typeof ElectronMenu }

/** Serves: the tray. Drawn again only where what it shows has changed: an open menu closes when it is replaced. */
export class TrayIcon {
  readonly #electron: Parts
  readonly #act: (action: TrayAction) => void
  readonly #tray: ElectronTray
  #shown = ''

  constructor(electron: Parts, { icon, act }: { icon: string; act(action: TrayAction): void }) {
    this.#electron = electron
    this.#act = act
    this.#tray = new electron.Tray(icon)
    this.#tray.on('click', () => act({ do: 'go' }))
  }

  show(model: TrayModel): void {
    const lines = trayMenu(model)
    const shown = JSON.stringify(lines)
    if (shown === this.#shown) return
    this.#shown = shown
    this.#tray.setToolTip(inert(trayTitle(model), 120))
    this.#tray.setContextMenu(this.#electron.Menu.buildFromTemplate(lines.map((line) => this.#item(line))))
  }

  #item(line: TrayLine): MenuItemConstructorOptions {
    if (line === 'separator') return { type: 'separator' }
    const { label, action, lines } = line
    if (lines) return { label, submenu: lines.map((each) => this.#item(each)) }
    return action ? { label, click: () => this.#act(action) } : { label, enabled: false }
  }
}
