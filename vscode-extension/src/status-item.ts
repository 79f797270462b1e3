// The status item: shows a phase, opens the output when clicked.
import * as vscode from "vscode";
import { display, type Phase } from "./status";

const COLOURS = { normal: undefined, warning: "statusBarItem.warningBackground", error: "statusBarItem.errorBackground" };

/** A status item that the returned function updates. */
export function createStatusItem(command: string): { item: vscode.StatusBarItem; show: (phase: Phase) => void } {
  const item = vscode.window.createStatusBarItem("liveline.status", vscode.StatusBarAlignment.Left, 1);
  item.name = "Liveline";
  item.command = command;
  const show = (phase: Phase): void => {
    const { text, tooltip, severity } = display(phase);
    const colour = COLOURS[severity];
    item.text = text;
    item.tooltip = tooltip;
    item.backgroundColor = colour === undefined ? undefined : new vscode.ThemeColor(colour);
    item.show();
  };
  return { item, show };
}
