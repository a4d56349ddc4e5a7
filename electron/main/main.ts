import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import * as electron from 'electron'
import { paths } from '../../contract/paths.ts'
import { Actions } from './actions.ts'
import { commandOf, type ShellCommand } from './commands.ts'
import { EngineConnection } from './engine/connection.ts'
import { startEngine } from './engine/process.ts'
import { EngineSupervisor } from './engine/supervisor.ts'
import { appFiles } from './files.ts'
import { answerIpc } from './ipc/answer.ts'
import { ipcHandlers } from './ipc/handlers.ts'
import { ShellEvents } from './ipc/shell-events.ts'
import { StreamTable } from './ipc/streams.ts'
import { registerAppScheme, serveApp } from './modules/app-protocol.ts'
import { recoverWindows } from './modules/crashes.ts'
import { execOf, keepAutostart, keepDesktopEntry } from './modules/desktop-files.ts'
import { tellOfEngine } from './modules/engine-notices.ts'
import { openExternally } from './modules/external.ts'
import { notifyOfEvents } from './modules/notifications.ts'
import { denyPermissions } from './modules/permissions.ts'
import { confirmStopAll, Quitting } from './modules/quit.ts'
import { refuseWithoutSandbox } from './modules/sandbox.ts'
import { endWithSession } from './modules/session-end.ts'
import { claimSingleInstance } from './modules/single-instance.ts'
import { hasTray } from './modules/status-notifier.ts'
import { TrayIcon } from './modules/tray.ts'
import { guardWebContents } from './modules/web-contents.ts'
import { MainWindow } from './modules/window.ts'
import { SettingsStore } from './settings.ts'
import { TrayFeed } from './tray/feed.ts'
import { bodyText } from './tray/text.ts'

const { app } = electron
const at = paths(process.env, process.getuid!())
const log = (message: string): void => void process.stderr.write(`${new Date().toISOString()} ${message}\n`)
const files = appFiles(app, process.resourcesPath)

// Its lock is the single instance's, so homes of their own have instances of their own.
app.setPath('userData', join(at.state, 'desktop'))
refuseWithoutSandbox(electron)
app.enableSandbox()
registerAppScheme(electron)
guardWebContents(electron, log)
denyPermissions(electron)

let perform = (command: ShellCommand): void => void early.push(command)
const early: ShellCommand[] = [commandOf(process.argv)]
if (claimSingleInstance(electron, (argv) => perform(commandOf(argv)))) {
  app
    .whenReady()
    .then(main)
    .catch((error: Error) => {
      electron.dialog.showErrorBox('Ramet cannot start', error.message)
      app.exit(1)
    })
}

/** The composition root: makes every part once and joins them. */
async function main(): Promise<void> {
  for (const folder of [at.state, at.config]) await mkdir(folder, { recursive: true, mode: 0o700 })
  electron.Menu.setApplicationMenu(null)
  serveApp(electron, files.page)
  const exec = execOf({
    env: process.env,
    execPath: process.execPath,
    packaged: app.isPackaged,
    appPath: app.getAppPath(),
  })

  const settings = await SettingsStore.open(join(at.config, 'desktop.json'), log)
  const engine = new EngineConnection(at.socket)
  const streams = new StreamTable<electron.WebContents>()
  const events = new ShellEvents<electron.WebContents>(() => [
    { type: 'engine', state: supervisor.state },
    { type: 'settings', settings: settings.get() },
  ])
  const tell = (level: 'info' | 'error', message: string): void => {
    events.tell({ type: 'notice', level, message })
    if (!window.window && electron.Notification.isSupported())
      new electron.Notification({ title: 'Ramet', body: bodyText(message, 400) }).show()
  }
  const engineNotice = tellOfEngine(tell)
  let tray: TrayIcon | undefined
  const feed = new TrayFeed({
    engine,
    log,
    onModel: (model) => tray?.show(model),
    onLaunches(launches) {
      // A development run leaves the user's menus alone.
      if (app.isPackaged) keepDesktopEntry(launches, exec).catch((error: Error) => log(error.message))
    },
  })
  const notify = notifyOfEvents(electron, {
    engine,
    settings: () => settings.get(),
    go: (place) => void actions.perform({ do: 'show', place }),
  })
  const supervisor = new EngineSupervisor({
    engine,
    start: () =>
      startEngine(electron, {
        entry: files.engine,
        logFile: join(at.state, 'engine.log'),
        env: { RAMET_KIT: files.kit, ...process.env },
      }),
    onState(state) {
      feed.onState(state)
      events.tell({ type: 'engine', state })
      engineNotice(state)
    },
    onEvent(event) {
      feed.onEvent(event)
      if (event !== 'connected') void notify(event)
    },
  })
  const quitting = new Quitting(electron, {
    model: () => feed.model,
    stopAll: () => actions.stopAll(),
    closeWindow: () => window.close(),
    close: () => supervisor.stop(),
    log,
  })
  endWithSession(electron, () => void quitting.quitNow())
  const recover = recoverWindows(electron, {
    notice: (message) => events.tell({ type: 'notice', level: 'error', message }, { keep: true }),
    quit: () => void quitting.quit(),
    log,
  })
  const window = new MainWindow(electron, {
    preload: files.preload,
    icon: join(files.icons, '256x256.png'),
    stateFile: join(at.state, 'window.json'),
    background: () => (electron.nativeTheme.shouldUseDarkColors ? '#101418' : '#ffffff'),
    onPageGone(contents) {
      streams.closeAll(contents)
      events.forget(contents)
    },
    onWindow: recover,
    onClosed: () => {
      if (!settings.get().keepInTray) void quitting.quit()
    },
    log,
  })
  const actions = new Actions({
    engine,
    engineReady: () => supervisor.startAgain(),
    async go(place) {
      if (place) events.tell({ type: 'go', place }, { keep: true })
      await window.show()
    },
    browse: (url) => openExternally(electron, url),
    confirmStopAll: (running) => confirmStopAll(electron, running),
    quit: () => void quitting.quit(),
    tell,
  })

  let trayShown = true
  answerIpc(
    electron,
    ipcHandlers(electron, {
      engine,
      supervisor,
      streams,
      events,
      settings,
      info: () => ({
        version: app.getVersion(),
        electron: process.versions.electron,
        chromium: process.versions.chrome,
        tray: trayShown ? 'shown' : 'missing',
      }),
      openExternal: (url) => openExternally(electron, url),
      quit: () => void quitting.quit(),
    }),
    log,
  )
  settings.follow((now) => {
    electron.nativeTheme.themeSource = now.theme
    keepAutostart(now, exec).catch((error: Error) => tell('error', `start at login: ${error.message}`))
    events.tell({ type: 'settings', settings: now })
  })
  if (app.isPackaged) app.setAsDefaultProtocolClient('ramet')

  supervisor.start()
  perform = (command) => void actions.perform(command)
  for (const command of early) perform(command)

  trayShown = await hasTray()
  if (trayShown) {
    tray = new TrayIcon(electron, {
      icon: join(files.icons, 'tray.png'),
      act: (action) => void actions.perform(action),
    })
    tray.show(feed.model)
  } else {
    tell(
      'info',
      'This desktop shows no tray icons: use the actions of the Ramet icon in the application menu instead.',
    )
  }
}
