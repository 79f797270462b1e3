// Debugs one test of a script, by whichever debugger is installed.
import * as vscode from "vscode";
import { CODELLDB, debugConfiguration, isTestStart, NO_DEBUGGER } from "./debug-test";

const SHOW = "Show CodeLLDB";

export async function debugTest(start: unknown): Promise<void> {
  if (!isTestStart(start)) {
    void vscode.window.showErrorMessage("Debug a test from the lens above its name: it says which.");
    return;
  }
  const configuration = debugConfiguration(start, (extension) => vscode.extensions.getExtension(extension) !== undefined);
  if (configuration === undefined) {
    if ((await vscode.window.showErrorMessage(NO_DEBUGGER, SHOW)) === SHOW) {
      await vscode.commands.executeCommand("workbench.extensions.search", `@id:${CODELLDB}`);
    }
    return;
  }
  const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(start.folder));
  await vscode.debug.startDebugging(folder, { ...configuration, name: start.test, request: "launch" });
}
