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
  /** When a save or a command last gave engines another generation. */
  readonly movedAtUnixMicros?: number;
}

export interface LastReload {
  readonly saveToLiveMicros: number;
  readonly buildMicros: number;
  readonly speculated: boolean;
  readonly generation?: number;
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

/** What the status items show. */
export interface Display {
  /** Without an icon and without the extension's name. */
  readonly text: string;
  readonly icon: string;
  /** Markdown with theme icons. */
  readonly tooltip: string;
  readonly severity: "normal" | "warning" | "error";
}

/** The time of day of a moment in microseconds since the Unix epoch. */
export type Clock = (unixMicros: number) => string;

export function display(phase: Phase, clock: Clock): Display {
  switch (phase.kind) {
    case "starting":
      return { text: "starting", icon: "sync~spin", tooltip: "The server is starting.", severity: "normal" };
    case "stopped":
      return { text: "stopped", icon: "error", tooltip: plain(phase.reason), severity: "error" };
    case "running":
      return { ...headline(phase.status), tooltip: details(phase.status, clock) };
  }
}

/** The contexts that commands, views and the walkthrough ask for. */
export function contexts(phase: Phase): Record<string, boolean> {
  const { libraries, engines } = phase.kind === "running" ? phase.status : { libraries: [], engines: [] };
  return {
    running: phase.kind === "running",
    hasScripts: libraries.length > 0,
    hasEngine: engines.length > 0,
    hasReloaded: libraries.some(({ state, movedAtUnixMicros }) => state === "live" && movedAtUnixMicros !== undefined),
    hasUndone: libraries.some(({ undone }) => undone !== undefined),
  };
}

/** Markdown that shows a text as it is. */
export function plain(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-!~<>|$&]/g, "\\$&");
}

export function milliseconds(micros: number): string {
  return `${Math.round(micros / 1000)} ms`;
}

/** The worst or busiest state is what matters at a glance. */
function headline({ libraries, engines }: Status): Omit<Display, "tooltip"> {
  const failed = libraries.filter(({ state }) => state === "failed");
  if (failed.length > 0) {
    const what = failed.length === 1 ? failed[0]?.library : `${failed.length} libraries`;
    return { text: `${what} failed`, icon: "error", severity: "error" };
  }
  if (libraries.some(({ state }) => state === "building")) {
    return { text: "building", icon: "sync~spin", severity: "normal" };
  }
  const [last] = newestFirst(libraries);
  if (last === undefined) {
    return { text: "no scripts", icon: "circle-slash", severity: "normal" };
  }
  if (engines.length === 0) {
    return { text: "no engine", icon: "debug-disconnect", severity: "warning" };
  }
  const name = libraries.length > 1 && last.movedAtUnixMicros !== undefined ? [last.library] : [];
  const refused = refusal(last, engines);
  if (refused) {
    const text = [...name, `gen ${told(last)}`, REFUSALS[refused.outcome]].join(" · ");
    return { text, icon: "warning", severity: "warning" };
  }
  return { text: [...name, ...liveWords(last)].join(" · "), icon: "zap", severity: "normal" };
}

const REFUSALS = { refused: "refused", restored: "taken back" };

/** Why an engine does not run what it was told last. */
function refusal(library: Library, engines: readonly Engine[]): Refused | undefined {
  const refusals = engines.flatMap(({ refused }) => refused?.[library.library] ?? []);
  return refusals.find(({ generation }) => library.state !== "live" && generation === told(library));
}

function liveWords(library: Library): string[] {
  const words = [library.state === "live" ? "live" : "waiting", `gen ${told(library)}`];
  const reload = reloadOf(library);
  return [...words, ...(library.undone === undefined ? [] : ["undone"]), ...(reload ? [milliseconds(reload.saveToLiveMicros)] : [])];
}

/** The one that was reloaded last comes first; those that were not stand in order of their generations. */
function newestFirst(libraries: readonly Library[]): Library[] {
  const moved = ({ movedAtUnixMicros }: Library): number => movedAtUnixMicros ?? 0;
  return [...libraries].sort((one, other) => moved(other) - moved(one) || other.generation - one.generation);
}

function told({ undone, generation }: Library): number {
  return undone ?? generation;
}

/** How the generation came to be live that engines are to run: of another one the time says nothing. */
function reloadOf(library: Library): LastReload | undefined {
  const { lastReload } = library;
  return lastReload && (lastReload.generation ?? library.generation) === told(library) ? lastReload : undefined;
}

function details({ libraries, engines }: Status, clock: Clock): string {
  const none = libraries.length === 0 ? ["No package of this workspace is a script library."] : [];
  const alone = engines.length === 0 ? ["No engine is attached: start the game."] : [];
  const ofLibraries = newestFirst(libraries).map((library) => libraryLine(library, clock));
  const ofEngines = engines.flatMap((engine) => [`${plain(engine.name)} (process ${engine.pid}) is attached`, ...refusals(engine)]);
  return [...none, ...ofLibraries, ...alone, ...ofEngines].join("\n\n");
}

const STATES = { idle: "waiting", building: "building", failed: "does not build", live: "live" };

function libraryLine(library: Library, clock: Clock): string {
  const { generation, undone, movedAtUnixMicros, state } = library;
  const runs = state === "failed" ? `its last good build is generation ${generation}` : `generation ${generation}`;
  const words = [
    STATES[state],
    generation === 0 ? "never built" : runs,
    ...(undone === undefined ? [] : [`gone back to generation ${undone}`]),
    ...(movedAtUnixMicros === undefined ? [] : [`at ${clock(movedAtUnixMicros)}`]),
    ...times(reloadOf(library)),
  ];
  return `**${plain(library.library)}**: ${words.join(", ")}`;
}

function refusals({ name, refused }: Engine): string[] {
  const word = { refused: "does not run", restored: "took back" };
  return Object.entries(refused ?? {}).map(
    ([library, { generation, outcome, reason }]) =>
      `$(warning) ${plain(name)} ${word[outcome]} generation ${generation} of ${plain(library)}: ${plain(reason)}`,
  );
}

function times(reload: LastReload | undefined): string[] {
  if (!reload) {
    return [];
  }
  const build = reload.speculated ? "built before the save" : `built in ${milliseconds(reload.buildMicros)}`;
  return [`live ${milliseconds(reload.saveToLiveMicros)} after the save (${build})`];
}
