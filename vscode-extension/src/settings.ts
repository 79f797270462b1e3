// The extension's settings, read from VS Code.
import * as vscode from "vscode";

const SECTION = "liveline";

/** A change of this means another server process. */
export const SERVER = `${SECTION}.server`;
/** A change of any of these is told to the server that runs. */
export const TOLD = ["diagnostics", "build", "engine"].map((name) => `${SECTION}.${name}`);

export function serverPath(): string {
  return vscode.workspace.getConfiguration(SECTION).get<string>("server.path", "").trim();
}

/** What the server is told of the settings, at its start and when they change; `null` leaves `liveline.toml` its word. */
export function forServer(): { diagnostics: string; build: object; engine: object } {
  const settings = vscode.workspace.getConfiguration(SECTION);
  const set = (name: string): unknown => settings.get<unknown>(name, null);
  return {
    diagnostics: settings.get<string>("diagnostics", "all"),
    build: { speculate: set("build.speculate"), apply: set("build.apply") },
    engine: { loader: set("engine.loader") },
  };
}

/** How often each way is measured. */
export function benchSamples(): number {
  return vscode.workspace.getConfiguration(SECTION).get<number>("bench.samples", 5);
}
