// Notices that rust-analyzer shows errors, and offers once in a workspace to let Liveline's build serve instead.
import * as vscode from "vscode";
import { ACCEPT, KEEP, LEAVES_ERRORS, NEVER, OFFER, shouldOffer } from "./beside";
import { forServer } from "./settings";
import type { Phase } from "./status";

const EXTENSION = "rust-lang.rust-analyzer";
const ASKED = "rustAnalyzer.asked";

/** Is told of every phase; asks when the first libraries are known. */
export class RustAnalyzerNotice {
  #isAsking = false;

  constructor(
    private readonly here: vscode.Memento,
    private readonly everywhere: vscode.Memento,
  ) {}

  consider(phase: Phase): void {
    const settings = vscode.workspace.getConfiguration("rust-analyzer");
    const offers = shouldOffer({
      isThere: vscode.extensions.getExtension(EXTENSION) !== undefined,
      checkOnSave: settings.get("checkOnSave"),
      analysis: settings.get("diagnostics.enable"),
      libraries: phase.kind === "running" ? phase.status.libraries.length : 0,
      diagnostics: forServer().diagnostics,
      wasAsked: this.#isAsking || this.here.get(ASKED, false) || this.everywhere.get(ASKED, false),
    });
    if (offers) {
      this.#isAsking = true;
      void this.#ask(settings);
    }
  }

  async #ask(settings: vscode.WorkspaceConfiguration): Promise<void> {
    const choice = await vscode.window.showInformationMessage(OFFER, ACCEPT, KEEP, NEVER);
    if (choice === ACCEPT) {
      for (const [name, value] of Object.entries(LEAVES_ERRORS)) {
        await settings.update(name, value, vscode.ConfigurationTarget.Workspace);
      }
    }
    await (choice === NEVER ? this.everywhere : this.here).update(ASKED, true);
  }
}
