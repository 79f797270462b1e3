// The extension's settings, read from VS Code.
import * as vscode from "vscode";

const SECTION = "liveline";

/** A change of this means another server process. */
export const SERVER = `${SECTION}.server`;
/** A change of this is told to the server that runs. */
export const DIAGNOSTICS = `${SECTION}.diagnostics`;

export function serverPath(): string {
  return vscode.workspace.getConfiguration(SECTION).get<string>("server.path", "").trim();
}

/** What the server is told of the settings, at its start and when it asks. */
export function forServer(): { diagnostics: string } {
  return { diagnostics: vscode.workspace.getConfiguration(SECTION).get<string>("diagnostics", "all") };
}

/** How often each way is measured. */
export function benchSamples(): number {
  return vscode.workspace.getConfiguration(SECTION).get<number>("bench.samples", 5);
}
