// Finds the `liveline` program, or says where it was looked for and what to do.
import * as path from "node:path";

/** Where to look, as plain values. */
export interface Surroundings {
  /** The setting `liveline.server.path`; empty when not set. */
  readonly setting: string;
  /** The folder that the extension is installed in. */
  readonly extension: string;
  /** The first workspace folder, if there is one. */
  readonly workspace: string | undefined;
  readonly home: string;
  /** The environment's `PATH`. */
  readonly searchPath: string;
  readonly platform: NodeJS.Platform;
}

export type Found =
  | { readonly found: true; readonly program: string; readonly origin: Origin }
  | { readonly found: false; readonly message: string };

type Origin = "setting" | "extension" | "PATH" | "cargo";

interface Candidate {
  readonly program: string;
  readonly origin: Origin;
}

/** The first program that is there: the setting's (and then no other), the bundled, on the PATH, cargo's. */
export function findServer(around: Surroundings, isProgram: (file: string) => boolean): Found {
  const candidates = around.setting === "" ? places(around) : [fromSetting(around)];
  const first = candidates.find(({ program }) => isProgram(program));
  return first ? { found: true, ...first } : { found: false, message: missing(around, candidates) };
}

function fromSetting(around: Surroundings): Candidate {
  const program = around.setting
    .replace(/^~(?=[/\\]|$)/, () => around.home)
    .replaceAll("${workspaceFolder}", () => around.workspace ?? "");
  return { program, origin: "setting" };
}

function places(around: Surroundings): Candidate[] {
  const paths = around.platform === "win32" ? path.win32 : path.posix;
  const name = around.platform === "win32" ? "liveline.exe" : "liveline";
  // An empty part of PATH means the working directory, which no program should be taken from.
  const folders = around.searchPath.split(paths.delimiter).filter((folder) => folder !== "");
  return [
    { program: paths.join(around.extension, "server", name), origin: "extension" },
    ...folders.map((folder): Candidate => ({ program: paths.join(folder, name), origin: "PATH" })),
    { program: paths.join(around.home, ".cargo", "bin", name), origin: "cargo" },
  ];
}

function missing(around: Surroundings, candidates: readonly Candidate[]): string {
  if (around.setting !== "") {
    const program = candidates.map((candidate) => candidate.program).join();
    return `The setting liveline.server.path names ${program}, which is not a program that can be run. Correct the setting, or empty it to let Liveline look for the server.`;
  }
  return "The Liveline server is not installed: there is no program named liveline in this extension, on the PATH or in ~/.cargo/bin. Run `cargo install liveline-server` in a terminal, or set liveline.server.path.";
}
