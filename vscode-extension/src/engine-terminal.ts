// Starts the game as `liveline.toml` says, in a terminal.
import * as vscode from "vscode";
import type { Server } from "./client";

/** Runs `liveline run`: it starts the game, and starts it again when it ends or is asked to. */
export function startEngine(server: Server): void {
  const found = server.find();
  if (!found.found) {
    void vscode.window.showErrorMessage(found.message);
    return;
  }
  const terminal = vscode.window.createTerminal({
    name: "Liveline: engine",
    shellPath: found.program,
    shellArgs: ["run"],
    iconPath: new vscode.ThemeIcon("zap"),
  });
  terminal.show(true);
}
