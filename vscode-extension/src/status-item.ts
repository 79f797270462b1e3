// The status bar's item and the language status: both show a phase.
import * as vscode from "vscode";
import { contexts, display, type Clock, type Phase } from "./status";

const COLOURS = { normal: undefined, warning: "statusBarItem.warningBackground", error: "statusBarItem.errorBackground" };
const SEVERITIES = {
  normal: vscode.LanguageStatusSeverity.Information,
  warning: vscode.LanguageStatusSeverity.Warning,
  error: vscode.LanguageStatusSeverity.Error,
};

const HISTORY = { command: "liveline.history.focus", title: "Show History" };
const OUTPUT = { command: "liveline.showOutput", title: "Show Output" };
const FORWARD = "liveline.redo";
const LINKS = { "liveline.undo": "Go Back", [FORWARD]: "Go Forward", [HISTORY.command]: "History", "liveline.bench": "Which Is Faster?", [OUTPUT.command]: "Output" };

const TIME: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };

/** The time of day, short enough for a narrow view. */
export const clock: Clock = (unixMicros) => new Date(unixMicros / 1000).toLocaleTimeString([], TIME);

/** Items that `show` updates. */
export class StatusItems implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem("liveline.status", vscode.StatusBarAlignment.Left, 1);
  readonly #language = vscode.languages.createLanguageStatusItem("liveline.status", { scheme: "file", language: "rust" });
  readonly #contexts = new Map<string, boolean>();
  readonly #editors = vscode.window.onDidChangeActiveTextEditor(() => {
    this.#tellContexts();
  });
  #phase: Phase = { kind: "starting" };

  constructor() {
    this.#item.name = "Liveline";
    this.#language.name = "Liveline";
  }

  show(phase: Phase): void {
    this.#phase = phase;
    const shown = display(phase, clock);
    const colour = COLOURS[shown.severity];
    const isRunning = phase.kind === "running";
    this.#item.text = `$(${shown.icon}) Liveline: ${shown.text}`;
    this.#item.tooltip = tooltip(shown.tooltip, phase);
    this.#item.backgroundColor = colour === undefined ? undefined : new vscode.ThemeColor(colour);
    this.#item.command = (isRunning && phase.status.libraries.length > 0 ? HISTORY : OUTPUT).command;
    this.#item.show();
    this.#language.text = `Liveline: ${shown.text}`;
    this.#language.severity = SEVERITIES[shown.severity];
    this.#language.busy = shown.icon === "sync~spin";
    this.#language.command = isRunning ? HISTORY : OUTPUT;
    this.#tellContexts();
  }

  dispose(): void {
    this.#item.dispose();
    this.#language.dispose();
    this.#editors.dispose();
  }

  #tellContexts(): void {
    const known = contexts(this.#phase);
    const isRust = vscode.window.activeTextEditor?.document.languageId === "rust";
    const all = { ...known, hasOpenScript: isRust && known.hasScripts === true };
    for (const [name, value] of Object.entries(all)) {
      if (this.#contexts.get(name) !== value) {
        this.#contexts.set(name, value);
        void vscode.commands.executeCommand("setContext", `liveline.${name}`, value);
      }
    }
  }
}

function tooltip(text: string, phase: Phase): vscode.MarkdownString {
  const { running, hasUndone } = contexts(phase);
  const links = Object.entries(LINKS).filter(([command]) => command !== FORWARD || hasUndone === true);
  const line = links.map(([command, title]) => `[${title}](command:${command})`).join(" · ");
  const markdown = new vscode.MarkdownString(running === true ? `${text}\n\n---\n\n${line}` : text, true);
  markdown.isTrusted = { enabledCommands: Object.keys(LINKS) };
  return markdown;
}
