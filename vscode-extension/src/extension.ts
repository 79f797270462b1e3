// The extension's entry: wires the server, what shows its state, and the commands together.
import * as vscode from "vscode";
import { BenchView } from "./bench-view";
import { DEBUG_TEST, Server } from "./client";
import { startEngine } from "./engine-terminal";
import { debugTest } from "./debug";
import type { History } from "./history";
import { HistoryView } from "./history-view";
import { RustAnalyzerNotice } from "./rust-analyzer";
import { SERVER, TOLD } from "./settings";
import { StatusItems } from "./status-item";
import type { Phase, Status } from "./status";

/** When this bundle's first line ran. */
declare const livelineBegan: number;

/** What other extensions and tests may use. */
export interface Api {
  /** The server's `liveline/status`. */
  status(): Promise<Status>;
  /** The server's `liveline/history`. */
  history(): Promise<History>;
  /** From the bundle's first line to the end of `activate`. */
  readonly activationMillis: number;
}

let server: Server | undefined;

// The server's own commands (liveline.build and its like) are registered by the language client, which learns
// their names from the server. Nobody waits for the server here: the editor would be slower to start by it.
export function activate(context: vscode.ExtensionContext): Api {
  const output = vscode.window.createOutputChannel("Liveline", { log: true });
  const items = new StatusItems();
  const notice = new RustAnalyzerNotice(context.workspaceState, context.globalState);
  const report = (phase: Phase): void => {
    items.show(phase);
    history.refresh();
    notice.consider(phase);
  };
  const started = (server = new Server(context.extensionUri, output, report));
  const history = new HistoryView(started);
  const bench = new BenchView(started, output);
  context.subscriptions.push(
    output,
    items,
    history,
    bench,
    started,
    vscode.commands.registerCommand("liveline.showOutput", () => {
      output.show();
    }),
    vscode.commands.registerCommand("liveline.restartServer", () => started.restart()),
    vscode.commands.registerCommand("liveline.bench", () => bench.measure()),
    vscode.commands.registerCommand("liveline.startEngine", () => {
      startEngine(started);
    }),
    vscode.commands.registerCommand(DEBUG_TEST, debugTest),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration(SERVER)) {
        void started.restart();
      } else if (TOLD.some((setting) => change.affectsConfiguration(setting))) {
        void started.settingsChanged();
      }
    }),
  );
  void started.restart();
  const activationMillis = performance.now() - livelineBegan;
  output.info(`Activated in ${activationMillis.toFixed(1)} ms.`);
  return { status: () => started.status(), history: () => started.history(), activationMillis };
}

export function deactivate(): Promise<void> | undefined {
  return server?.stop();
}
