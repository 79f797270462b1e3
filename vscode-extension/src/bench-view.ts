// Runs `liveline bench` with a progress that can be cancelled, and shows its report in a page.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { basename } from "node:path";
import { createInterface } from "node:readline";
import * as vscode from "vscode";
import { page, parse, progress, type Report } from "./bench";
import type { Server } from "./client";
import { benchSamples } from "./settings";

const ALL = "All libraries";

/** The view, and the run that it waits for. */
export class BenchView implements vscode.Disposable {
  #panel: vscode.WebviewPanel | undefined;
  #running: vscode.CancellationTokenSource | undefined;

  constructor(
    private readonly server: Server,
    private readonly output: vscode.LogOutputChannel,
  ) {}

  /** Asks what to measure, measures it and shows what came of it. Two at once would measure each other. */
  async measure(): Promise<void> {
    if (this.#running) {
      void vscode.window.showInformationMessage("Liveline measures already: its notification can cancel that.");
      return;
    }
    const cancel = (this.#running = new vscode.CancellationTokenSource());
    try {
      const library = await this.#choose();
      const server = this.server.find();
      if (library === undefined || !server.found) {
        return;
      }
      const words = ["bench", "--json", "--samples", String(benchSamples()), ...(library === ALL ? [] : ["--library", library])];
      const report = await this.#run(server.program, words, cancel);
      if (report) {
        this.#show(report);
      }
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
    } finally {
      this.#running = undefined;
      cancel.dispose();
    }
  }

  dispose(): void {
    this.#running?.cancel();
    this.#panel?.dispose();
  }

  /** The library of the script that is looked at comes first. */
  async #choose(): Promise<string | undefined> {
    const names = (await this.server.status()).libraries.map(({ library }) => library);
    if (names.length < 2) {
      return names[0] ?? ALL;
    }
    const active = basename(vscode.window.activeTextEditor?.document.uri.path ?? "", ".rs");
    const sorted = [...names.filter((name) => name === active), ...names.filter((name) => name !== active), ALL];
    return vscode.window.showQuickPick(sorted, { title: "Which Is Faster?", placeHolder: "The library to measure; each takes a minute or more" });
  }

  #run(program: string, words: string[], cancel: vscode.CancellationTokenSource): Thenable<Report | undefined> {
    const options = { location: vscode.ProgressLocation.Notification, title: "Liveline measures", cancellable: true };
    return vscode.window.withProgress(options, async (bar, token) => {
      token.onCancellationRequested(() => {
        cancel.cancel();
      });
      let shown = 0;
      const say = (line: string): void => {
        this.output.info(`bench: ${line}`);
        const { message, done } = progress(line);
        const increment = Math.max(0, (done ?? 0) * 100 - shown);
        shown += increment;
        bar.report({ message, increment });
      };
      return run(program, words, say, cancel.token);
    });
  }

  #show(report: Report): void {
    const panel = (this.#panel ??= this.#create());
    panel.webview.html = page(report, randomBytes(16).toString("hex"));
    panel.reveal();
  }

  #create(): vscode.WebviewPanel {
    const options = { enableScripts: false, enableCommandUris: ["liveline.bench"], localResourceRoots: [] };
    const panel = vscode.window.createWebviewPanel("liveline.bench", "Which Is Faster?", vscode.ViewColumn.Active, options);
    panel.onDidDispose(() => (this.#panel = undefined));
    return panel;
  }

  #fail(message: string): void {
    this.output.error(`bench: ${message}`);
    void vscode.window.showErrorMessage(`Liveline could not measure: ${message}`, "Show Output").then((choice) => {
      if (choice !== undefined) {
        this.output.show();
      }
    });
  }
}

/** Runs the program to its end; nothing if that was cancelled. */
async function run(program: string, words: string[], say: (line: string) => void, token: vscode.CancellationToken): Promise<Report | undefined> {
  const cwd = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  // A group of its own, so that what it starts ends with it.
  const child = spawn(program, words, { cwd, detached: process.platform !== "win32", stdio: ["ignore", "pipe", "pipe"] });
  const stop = (): void => {
    end(child.pid);
  };
  const cancelled = token.onCancellationRequested(stop);
  if (token.isCancellationRequested) {
    stop();
  }
  let [out, last] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  createInterface(child.stderr).on("line", (line) => {
    last = line;
    say(line);
  });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject).on("close", resolve);
  }).finally(() => {
    cancelled.dispose();
  });
  if (token.isCancellationRequested) {
    return undefined;
  }
  const report = status === 0 ? parse(out) : undefined;
  if (!report) {
    throw new Error(status === 0 ? "its report is not one that this extension knows: use the same version of both" : last || `${program} ended with ${status}`);
  }
  return report;
}

function end(pid: number | undefined): void {
  if (pid === undefined) {
    return;
  }
  try {
    process.kill(process.platform === "win32" ? pid : -pid, "SIGTERM");
  } catch {
    // It has ended.
  }
}
