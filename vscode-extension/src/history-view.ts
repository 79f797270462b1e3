// The view of reloads: a tree that is read anew when the status changes, and what its rows can do.
import * as vscode from "vscode";
import type { Server } from "./client";
import { place, query, rows, type Place, type Row, type Sources } from "./history";
import { clock } from "./status-item";

const VIEW = "liveline.history";
const SCHEME = "liveline-history";

/** The view, its documents and its commands. */
export class HistoryView implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly #parts: vscode.Disposable[];

  constructor(private readonly server: Server) {
    this.#parts = [
      vscode.window.registerTreeDataProvider(VIEW, this.#tree()),
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, { provideTextDocumentContent: (uri) => this.#text(uri) }),
      vscode.commands.registerCommand("liveline.history.run", (row: Row) => this.#run(row.of)),
      vscode.commands.registerCommand("liveline.history.compare", (row: Row) => this.#compare(row.of)),
    ];
  }

  /** Something may have come of some generation. A view that is not shown asks when it is. */
  refresh(): void {
    this.#changed.fire(undefined);
  }

  dispose(): void {
    this.#changed.dispose();
    vscode.Disposable.from(...this.#parts).dispose();
  }

  #tree(): vscode.TreeDataProvider<Row> {
    return {
      onDidChangeTreeData: this.#changed.event,
      getTreeItem: item,
      getChildren: async (row) => [...(row?.children ?? rows(await this.server.history(), clock))],
    };
  }

  async #run({ library, generation }: Place): Promise<void> {
    await vscode.commands.executeCommand("liveline.undo", { library, generation });
  }

  async #compare(of: Place): Promise<void> {
    const { files } = await this.server.sources(of);
    const changed = files.filter(({ path, differs }) => differs || isEdited(path));
    const pairs = await Promise.all(changed.map(({ path }) => pair(of, path)));
    const [first] = pairs;
    const title = `${of.library}, generation ${of.generation} ↔ now`;
    if (first === undefined) {
      void vscode.window.showInformationMessage(`The files of ${of.library} are as they were in generation ${of.generation}.`);
    } else if (pairs.length > 1) {
      await vscode.commands.executeCommand("vscode.changes", title, pairs.map(({ file, then, now }) => [file, then, now]));
    } else if (first.now === undefined) {
      await vscode.window.showTextDocument(first.then);
    } else {
      await vscode.commands.executeCommand("vscode.diff", first.then, first.now, `${name(first.file)}: ${title}`);
    }
  }

  async #text(uri: vscode.Uri): Promise<string> {
    const of = place(uri.query);
    return of === undefined ? "" : (await this.server.source(of, vscode.Uri.file(uri.path).fsPath)).text;
  }
}

function item(row: Row): vscode.TreeItem {
  const { Expanded, Collapsed, None } = vscode.TreeItemCollapsibleState;
  const shown = new vscode.TreeItem(row.label, row.children.length === 0 ? None : row.isOpen ? Expanded : Collapsed);
  shown.id = row.id;
  shown.description = row.description;
  shown.tooltip = row.tooltip;
  shown.iconPath = new vscode.ThemeIcon(row.icon, row.colour === undefined ? undefined : new vscode.ThemeColor(row.colour));
  shown.contextValue = row.kind;
  if (row.kind !== "library") {
    shown.command = { command: "liveline.history.compare", title: "Compare with the Files Now", arguments: [row] };
  }
  return shown;
}

/** A file as it was in a generation, and as it is now, if it is still there. */
async function pair(of: Place, path: Sources["files"][number]["path"]) {
  const file = vscode.Uri.file(path);
  const then = file.with({ scheme: SCHEME, query: query(of) });
  const isThere = await vscode.workspace.fs.stat(file).then(() => true, () => false);
  return { file, then, now: isThere ? file : undefined };
}

function isEdited(path: string): boolean {
  return vscode.workspace.textDocuments.some((document) => document.isDirty && document.uri.scheme === "file" && document.uri.fsPath === path);
}

function name(file: vscode.Uri): string {
  return file.path.slice(file.path.lastIndexOf("/") + 1);
}
