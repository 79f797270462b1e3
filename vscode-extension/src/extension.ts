// The extension's entry: wires the server, the status item and the commands together.
import * as vscode from "vscode";
import { Server } from "./client";
import { DIAGNOSTICS, SERVER } from "./settings";
import { createStatusItem } from "./status-item";
import type { Phase, Status } from "./status";

/** What other extensions and tests may use. */
export interface Api {
  /** The server's `liveline/status`. */
  status(): Promise<Status>;
}

let server: Server | undefined;

// The server's own commands (liveline.build and its like) are registered by the language client, which learns
// their names from the server.
export async function activate(context: vscode.ExtensionContext): Promise<Api> {
  const output = vscode.window.createOutputChannel("Liveline", { log: true });
  const { item, show } = createStatusItem("liveline.showOutput");
  const report = (phase: Phase): void => {
    show(phase);
    void vscode.commands.executeCommand("setContext", "liveline.running", phase.kind === "running");
  };
  const started = (server = new Server(context.extensionUri, output, report));
  context.subscriptions.push(
    output,
    item,
    started,
    vscode.commands.registerCommand("liveline.showOutput", () => {
      output.show();
    }),
    vscode.commands.registerCommand("liveline.restartServer", () => started.restart()),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration(SERVER)) {
        void started.restart();
      } else if (change.affectsConfiguration(DIAGNOSTICS)) {
        void started.settingsChanged();
      }
    }),
  );
  await started.restart();
  return { status: () => started.status() };
}

export function deactivate(): Promise<void> | undefined {
  return server?.stop();
}
