// What the status item shows: the server's `liveline/status` and the client's own state, in a few words.

/** The parameters of `liveline/status`. */
export interface Status {
  readonly libraries: readonly Library[];
  readonly engines: readonly Engine[];
}

export interface Library {
  readonly library: string;
  readonly state: "idle" | "building" | "failed" | "live";
  /** Of the last good build; zero before the first. */
  readonly generation: number;
  readonly lastReload?: LastReload;
  /** The generation that engines went back to. */
  readonly undone?: number;
}

export interface LastReload {
  readonly saveToLiveMicros: number;
  readonly buildMicros: number;
  readonly speculated: boolean;
}

export interface Engine {
  readonly session: string;
  readonly name: string;
  readonly pid: number;
  readonly libraries: Readonly<Record<string, number>>;
  /** What it does not run although it was told to, by library. */
  readonly refused?: Readonly<Record<string, Refused>>;
}

export interface Refused {
  readonly generation: number;
  readonly outcome: "refused" | "restored";
  readonly reason: string;
}

/** What is known of the server. */
export type Phase =
  | { readonly kind: "starting" }
  | { readonly kind: "running"; readonly status: Status }
  | { readonly kind: "stopped"; readonly reason: string };

/** What the status item shows. */
export interface Display {
  readonly text: string;
  readonly tooltip: string;
  readonly severity: "normal" | "warning" | "error";
}

export function display(phase: Phase): Display {
  switch (phase.kind) {
    case "starting":
      return { text: "$(sync~spin) Liveline: starting", tooltip: "The server is starting.", severity: "normal" };
    case "stopped":
      return { text: "$(error) Liveline: stopped", tooltip: phase.reason, severity: "error" };
    case "running":
      return { ...headline(phase.status), tooltip: details(phase.status) };
  }
}

/** The worst or busiest state is what matters at a glance. */
function headline({ libraries, engines }: Status): Omit<Display, "tooltip"> {
  const failed = libraries.find(({ state }) => state === "failed");
  if (failed) {
    return { text: `$(error) Liveline: ${failed.library} failed`, severity: "error" };
  }
  if (libraries.some(({ state }) => state === "building")) {
    return { text: "$(sync~spin) Liveline: building", severity: "normal" };
  }
  if (libraries.length === 0) {
    return { text: "$(circle-slash) Liveline: no scripts", severity: "normal" };
  }
  if (engines.length === 0) {
    return { text: "$(debug-disconnect) Liveline: no engine", severity: "warning" };
  }
  return { text: `$(zap) Liveline: ${liveWords(newest(libraries))}`, severity: "normal" };
}

function liveWords({ state, generation, undone, lastReload }: Library): string {
  const words = [state === "live" ? "live" : "waiting", `gen ${undone ?? generation}`, ...(undone === undefined ? [] : ["undone"])];
  return [...words, ...(lastReload ? [milliseconds(lastReload.saveToLiveMicros)] : [])].join(" · ");
}

function newest(libraries: readonly Library[]): Library {
  return libraries.reduce((one, other) => (other.generation > one.generation ? other : one));
}

function details({ libraries, engines }: Status): string {
  const ofLibraries = libraries.map((library) => `${library.library}: ${library.state}, generation ${library.generation}${went(library)}${times(library)}`);
  const ofEngines = engines.flatMap((engine) => [`${engine.name} (process ${engine.pid}) is attached`, ...refusals(engine)]);
  const none = libraries.length === 0 ? ["No package of this workspace is a script library."] : [];
  const alone = engines.length === 0 ? ["No engine is attached: start the game."] : [];
  return [...none, ...ofLibraries, ...ofEngines, ...alone].join("\n");
}

function went({ undone }: Library): string {
  return undone === undefined ? "" : `, gone back to generation ${undone}`;
}

function refusals({ name, refused }: Engine): string[] {
  const word = { refused: "does not run", restored: "took back" };
  return Object.entries(refused ?? {}).map(
    ([library, { generation, outcome, reason }]) => `${name} ${word[outcome]} generation ${generation} of ${library}: ${reason}`,
  );
}

function times({ lastReload }: Library): string {
  if (!lastReload) {
    return "";
  }
  const build = lastReload.speculated ? "built before the save" : `built in ${milliseconds(lastReload.buildMicros)}`;
  return `, live ${milliseconds(lastReload.saveToLiveMicros)} after the save (${build})`;
}

function milliseconds(micros: number): string {
  return `${Math.round(micros / 1000)} ms`;
}
