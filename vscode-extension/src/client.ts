// The language client: one `liveline lsp` process, started, restarted and listened to.
import { accessSync, constants, statSync } from "node:fs";
import * as os from "node:os";
import * as vscode from "vscode";
import type { LanguageClient, LanguageClientOptions } from "vscode-languageclient/node";
import { findServer, type Found } from "./find-server";
import type { History, Place, Sources } from "./history";
import { forServer, serverPath } from "./settings";
import type { Phase, Status } from "./status";

const STATUS = "liveline/status";
/** The lens `debug` calls it. */
export const DEBUG_TEST = "liveline.debugTest";

/** Keeps one server running and reports every change of its phase. */
export class Server implements vscode.Disposable {
  #client: LanguageClient | undefined;
  /** Starts and stops take their turn, whatever order they are asked for in. */
  #turn: Promise<void> = Promise.resolve();

  constructor(
    private readonly extension: vscode.Uri,
    private readonly output: vscode.LogOutputChannel,
    private readonly report: (phase: Phase) => void,
  ) {}

  /** Stops what runs, looks for the program anew and starts it. */
  restart(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#stop()).then(() => this.#start());
    return this.#turn;
  }

  /** Where the program is, or why there is none. */
  find(): Found {
    return findServer(surroundings(this.extension), isProgram);
  }

  /** The current status, asked of the server. */
  status(): Promise<Status> {
    return this.#ask(STATUS);
  }

  /** The generations that are kept. */
  history(): Promise<History> {
    return this.#ask("liveline/history");
  }

  /** The files that a generation was built from. */
  sources(of: Place): Promise<Sources> {
    return this.#ask("liveline/sources", of);
  }

  /** What one of them held. */
  source(of: Place, path: string): Promise<{ text: string }> {
    return this.#ask("liveline/source", { ...of, path });
  }

  /** Tells the server that its settings have changed. */
  async settingsChanged(): Promise<void> {
    if (this.#client?.isRunning()) {
      await this.#client.sendNotification("workspace/didChangeConfiguration", { settings: { liveline: forServer() } });
    }
  }

  stop(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#stop());
    return this.#turn;
  }

  dispose(): void {
    void this.stop();
  }

  async #ask<T>(method: string, parameters?: object): Promise<T> {
    // One that is starting can soon be asked.
    await this.#turn;
    if (!this.#client?.isRunning()) {
      throw new Error("The Liveline server does not run: see the output, or restart it.");
    }
    return parameters === undefined ? this.#client.sendRequest<T>(method) : this.#client.sendRequest<T>(method, parameters);
  }

  async #start(): Promise<void> {
    const server = this.find();
    if (!server.found) {
      this.#fail(server.message);
      return;
    }
    this.output.info(`The server is ${server.program} (from: ${server.origin}).`);
    this.report({ kind: "starting" });
    try {
      const client = await this.#create(server);
      this.#client = client;
      await client.start();
      await this.#running(client);
    } catch (error) {
      this.#fail(`${server.program} does not start: ${String(error)}. The output says more.`);
    }
  }

  async #create({ program }: Extract<Found, { found: true }>): Promise<LanguageClient> {
    // Most of this extension: loaded only now, so that its activation need not wait for it.
    const { LanguageClient, State } = await import("vscode-languageclient/node");
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
    const options: LanguageClientOptions = {
      documentSelector: [
        { scheme: "file", language: "rust" },
        { scheme: "file", pattern: "**/liveline.toml" },
      ],
      initializationOptions: forServer(),
      outputChannel: this.output,
      middleware: { executeCommand: (command, words, next) => this.#execute(command, words, next) },
    };
    const run = { command: program, args: ["lsp"], ...(folder === undefined ? {} : { options: { cwd: folder } }) };
    const client = new LanguageClient("liveline", "Liveline", run, options);
    client.registerFeature({
      fillClientCapabilities: (capabilities) => {
        const others = capabilities.experimental as object | undefined;
        capabilities.experimental = { ...others, commands: { commands: [DEBUG_TEST] } };
      },
      initialize: () => undefined,
      getState: () => ({ kind: "static" }),
      clear: () => undefined,
    });
    client.onNotification(STATUS, (status: Status) => {
      this.report({ kind: "running", status });
    });
    client.onDidChangeState(({ newState }) => {
      if (newState === State.Starting) {
        this.report({ kind: "starting" });
      } else if (newState === State.Stopped && this.#client === client) {
        this.report({ kind: "stopped", reason: "The server has ended. The output says why; click to read it." });
      }
    });
    return client;
  }

  /** The server cannot know that its log is one click away. */
  #execute(command: string, words: unknown[], next: (command: string, words: unknown[]) => unknown): unknown {
    if (command === "liveline.showLog") {
      this.output.show();
      return undefined;
    }
    return next(command, words);
  }

  async #running(client: LanguageClient): Promise<void> {
    const status = await client.sendRequest<Status>(STATUS);
    if (this.#client === client) {
      this.report({ kind: "running", status });
    }
  }

  async #stop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    // A client that never started has nothing to stop and says so by throwing.
    await client?.dispose().catch((error: unknown) => {
      this.output.debug(`stopping: ${String(error)}`);
    });
  }

  #fail(message: string): void {
    this.output.error(message);
    this.report({ kind: "stopped", reason: message });
    void vscode.window.showErrorMessage(message, "Open Settings", "Show Output").then((choice) => {
      if (choice === "Open Settings") {
        void vscode.commands.executeCommand("workbench.action.openSettings", "liveline.server.path");
      } else if (choice === "Show Output") {
        this.output.show();
      }
    });
  }
}

function surroundings(extension: vscode.Uri) {
  return {
    setting: serverPath(),
    extension: extension.fsPath,
    workspace: vscode.workspace.workspaceFolders?.[0]?.uri.fsPath,
    home: os.homedir(),
    searchPath: process.env.PATH ?? "",
    platform: process.platform,
  };
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
